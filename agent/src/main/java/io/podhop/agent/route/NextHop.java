package io.podhop.agent.route;

import io.podhop.model.IpAddress;
import java.util.Optional;

/**
 * Where a route hands packets to.
 *
 * @param ifindex 0 when the route names no interface, or text named one whose index is unknown
 * @param dead whether the kernel passes it over (RTNH_F_DEAD)
 */
public record NextHop(
    Optional<IpAddress> gateway, int ifindex, String interfaceName, boolean onlink, boolean dead) {
  /** {@code via 192.168.0.1 dev eth1}, without what is absent. */
  String text(boolean ipv4Route) {
    StringBuilder text = new StringBuilder();
    gateway.ifPresent(
        via -> text.append(via.isIpv4() == ipv4Route ? "via " : "via inet6 ").append(via));
    if (!interfaceName.isEmpty()) {
      text.append(text.isEmpty() ? "" : " ").append("dev ").append(interfaceName);
    }
    return text.toString();
  }

  String flagsText() {
    return (dead ? " dead" : "") + (onlink ? " onlink" : "");
  }
}
