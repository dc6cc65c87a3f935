package io.podhop.agent.nat;

import io.podhop.model.Cidr;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import java.util.Optional;

/** What the targets that end a nat chain do to a packet. */
final class Translation {
  private static final IpAddress LOOPBACK4 = IpAddress.ofIpv4(0x7f000001);
  private static final IpAddress LOOPBACK6 = new IpAddress(0, 1);

  private Translation() {}

  /**
   * @param hook the base chain's name
   */
  static void apply(WalkState state, Rule rule, String hook, NatQuery query) {
    Target target = resolved(rule.target(), state.packet, hook, query);
    state.translation = Optional.of(target);
    state.meet(rule, effect(target, state.packet));
    if (target instanceof Target.Dnat dnat && dnat.to().isPresent()) {
      FlowKey key = state.packet;
      int port = dnat.port() == 0 ? key.destinationPort() : dnat.port();
      state.packet =
          new FlowKey(
              key.protocol(),
              key.source(),
              key.sourcePort(),
              dnat.to().get(),
              key.protocol().isIcmp() ? key.destinationPort() : port);
    }
  }

  private static Target resolved(Target target, FlowKey packet, String hook, NatQuery query) {
    boolean destination = hook.equals("PREROUTING") || hook.equals("OUTPUT");
    return switch (target) {
      case Target.NetMap map when destination ->
          new Target.Dnat(Optional.of(mapped(packet.destination(), map.to())), 0, "");
      case Target.NetMap map -> new Target.Snat(Optional.of(mapped(packet.source(), map.to())), "");
      case Target.Redirect redirect when redirect.port() >= 0 ->
          new Target.Dnat(own(packet, hook, query), redirect.port(), redirect.options());
      default -> target;
    };
  }

  /** REDIRECT means the interface that the packet came in by; a packet of the node's own, lo. */
  private static Optional<IpAddress> own(FlowKey packet, String hook, NatQuery query) {
    boolean ipv4 = packet.source().isIpv4();
    return hook.equals("OUTPUT")
        ? Optional.of(ipv4 ? LOOPBACK4 : LOOPBACK6)
        : query.local().onlyAddress(query.inInterface(), ipv4);
  }

  private static IpAddress mapped(IpAddress address, Cidr to) {
    int bits = to.prefixLength() + (to.address().isIpv4() ? 96 : 0);
    long highMask = bits >= 64 ? -1L : bits == 0 ? 0 : -1L << 64 - bits;
    long lowMask = bits <= 64 ? 0 : bits == 128 ? -1L : -1L << 128 - bits;
    return new IpAddress(
        to.address().high() & highMask | address.high() & ~highMask,
        to.address().low() & lowMask | address.low() & ~lowMask);
  }

  private static String effect(Target target, FlowKey packet) {
    return switch (target) {
      case Target.Dnat dnat when dnat.to().isPresent() ->
          "destination becomes "
              + dnat.to().get()
              + " port "
              + (dnat.port() == 0 ? packet.destinationPort() : dnat.port());
      case Target.Snat snat when snat.to().isPresent() -> "source becomes " + snat.to().get();
      case Target.Masquerade _ -> "source becomes the outgoing interface's address";
      default -> "is not evaluated";
    };
  }
}
