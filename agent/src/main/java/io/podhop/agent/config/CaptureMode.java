package io.podhop.agent.config;

import java.util.Locale;

/** How pods are watched all the time. */
public enum CaptureMode {
  /** They are not; traces on demand only. */
  OFF,
  /** Only packets that open and close connections, DNS and ICMP; traffic is conntrack's count. */
  EDGES,
  /** The headers of every packet. */
  HEADERS;

  /** As written everywhere: {@code headers}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
