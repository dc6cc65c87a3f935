package io.podhop.agent.route;

import java.util.Locale;
import java.util.Optional;

/** What a route does with a packet (RTN_* of rtnetlink(7)), in the kernel's order from 1. */
public enum RouteType {
  UNICAST,
  LOCAL,
  BROADCAST,
  ANYCAST,
  MULTICAST,
  BLACKHOLE,
  UNREACHABLE,
  PROHIBIT,
  THROW;

  /** As iproute2 writes it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<RouteType> ofNumber(int number) {
    return number >= 1 && number <= values().length
        ? Optional.of(values()[number - 1])
        : Optional.empty();
  }
}
