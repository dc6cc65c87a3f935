package io.podhop.agent.route;

import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.RtNames;
import io.podhop.model.Cidr;
import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What meets a packet where it leaves. An MTU that path discovery has lowered is not known here.
 *
 * @param link the interface; empty when the snapshot does not have it
 * @param mtuBytes the largest packet: the route's MTU or the link's, whichever is smaller; empty
 *     when neither is known
 * @param mtuLocked whether the route forbids path MTU discovery to lower it
 * @param neighbour the entry of the next hop; empty when the kernel has none and will ask
 * @param preferredSource what the node itself sends from by this route; empty when that takes the
 *     address selection of IPv6 (RFC 6724)
 * @param candidates all next hops that the kernel chooses from by flow; one for most routes
 */
public record Egress(
    Optional<Link> link,
    OptionalInt mtuBytes,
    boolean mtuLocked,
    Optional<Neighbour> neighbour,
    Optional<IpAddress> preferredSource,
    List<NextHop> candidates) {
  public Egress {
    candidates = List.copyOf(candidates);
  }

  /** Whether the link is up and has a carrier; empty when it is not known. */
  public Optional<Boolean> linkUsable() {
    return link.map(one -> one.up() && one.carrier());
  }

  /** Whether the kernel has given up on resolving the next hop's link-layer address. */
  public boolean neighbourFailed() {
    return neighbour.filter(entry -> entry.state().equals("FAILED")).isPresent();
  }

  /** What is wrong or noteworthy, as lines of iproute2. */
  public List<Citation> cite() {
    List<Citation> lines = new ArrayList<>();
    neighbour.ifPresent(
        entry -> lines.add(new Citation(Citation.Source.NOTE, "neighbour", 0, entry.text())));
    link.ifPresent(
        one ->
            lines.add(
                new Citation(
                    Citation.Source.NOTE,
                    "link",
                    one.ifindex(),
                    one.name()
                        + (one.up() ? " is up" : " is down")
                        + (one.up() && !one.carrier() ? " without carrier" : "")
                        + (one.mtuBytes() > 0 ? ", mtu " + one.mtuBytes() : ""))));
    return List.copyOf(lines);
  }

  static Egress of(RouteSnapshot snapshot, Route route, NextHop hop, IpAddress destination) {
    Optional<Link> link = snapshot.link(hop.interfaceName());
    return new Egress(
        link,
        mtu(route.options().mtuBytes(), link),
        route.options().mtuLocked(),
        snapshot.neighbour(hop.interfaceName(), hop.gateway().orElse(destination)),
        route.source().isPresent() ? route.source() : select(snapshot, route, hop),
        route.nextHops().stream().filter(one -> !one.dead()).toList());
  }

  private static OptionalInt mtu(int ofRoute, Optional<Link> link) {
    int ofLink = link.map(Link::mtuBytes).orElse(0);
    if (ofRoute == 0 || ofLink == 0) {
      int known = Math.max(ofRoute, ofLink);
      return known == 0 ? OptionalInt.empty() : OptionalInt.of(known);
    }
    return OptionalInt.of(Math.min(ofRoute, ofLink));
  }

  /** As inet_select_addr of the kernel: of the interface, best in the gateway's subnet. */
  private static Optional<IpAddress> select(RouteSnapshot snapshot, Route route, NextHop hop) {
    if (route.family() == IpFamily.IPV6) {
      return Optional.empty();
    }
    return select(snapshot, hop.interfaceName(), hop.gateway(), route.scope());
  }

  private static Optional<IpAddress> select(
      RouteSnapshot snapshot, String interfaceName, Optional<IpAddress> towards, int scope) {
    List<InterfaceAddress> own =
        snapshot.addresses(interfaceName, IpFamily.IPV4).stream()
            .filter(address -> address.scope() <= scope)
            .toList();
    Optional<InterfaceAddress> near =
        own.stream()
            .filter(
                address ->
                    towards
                        .filter(new Cidr(address.address(), address.prefixLength())::contains)
                        .isPresent())
            .findFirst();
    return near.or(() -> own.stream().findFirst())
        .or(() -> elsewhere(snapshot, scope))
        .map(InterfaceAddress::address);
  }

  private static Optional<InterfaceAddress> elsewhere(RouteSnapshot snapshot, int scope) {
    return snapshot.addresses().stream()
        .filter(address -> address.address().isIpv4())
        .filter(address -> address.scope() != RtNames.SCOPE_LINK)
        .filter(address -> address.scope() <= scope)
        .findFirst();
  }

  /**
   * The source that MASQUERADE gives (nf_nat_masquerade): the interface's address, best in the next
   * hop's subnet, whatever source the route prefers. Of IPv6 only where the interface has one
   * global address: else it takes address selection (RFC 6724).
   *
   * @param nextHop the gateway, or the destination when it is on the link
   */
  public static Optional<IpAddress> masqueraded(
      RouteSnapshot snapshot, String interfaceName, IpAddress nextHop) {
    if (nextHop.isIpv4()) {
      return select(snapshot, interfaceName, Optional.of(nextHop), RtNames.SCOPE_GLOBAL);
    }
    List<InterfaceAddress> own =
        snapshot.addresses(interfaceName, IpFamily.IPV6).stream()
            .filter(InterfaceAddress::isGlobal)
            .toList();
    return own.size() == 1 ? Optional.of(own.getFirst().address()) : Optional.empty();
  }
}
