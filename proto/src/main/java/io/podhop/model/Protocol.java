package io.podhop.model;

import java.util.Locale;
import java.util.Optional;

/** Transport protocols that podhop follows, with their IANA protocol numbers. */
public enum Protocol {
  ICMP(1),
  TCP(6),
  UDP(17),
  ICMPV6(58);

  private final int number;

  Protocol(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }

  public boolean isIcmp() {
    return this == ICMP || this == ICMPV6;
  }

  public static Optional<Protocol> ofNumber(int number) {
    for (Protocol protocol : values()) {
      if (protocol.number == number) {
        return Optional.of(protocol);
      }
    }
    return Optional.empty();
  }

  /**
   * Lower-case name as iptables, tcpdump and OpenTelemetry's {@code network.transport} spell it.
   */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
