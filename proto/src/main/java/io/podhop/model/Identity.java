package io.podhop.model;

import java.util.Locale;

/** What a trace id was derived from; travels as {@code podhop.identity}. */
public enum Identity {
  /** Wire tuple and the client's initial sequence number. */
  TCP_ISN,
  /** Wire tuple, DNS id and question. */
  DNS,
  /** Initial destination connection id. */
  QUIC_DCID,
  /** Wire addresses, identifier and sequence. */
  ICMP_ECHO,
  /** Wire tuple and coarse time only: may be ambiguous. */
  TUPLE;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
