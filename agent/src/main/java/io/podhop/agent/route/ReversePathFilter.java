package io.podhop.agent.route;

import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.RtNames;
import io.podhop.agent.linux.Sysctls;
import io.podhop.model.Cidr;
import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether the kernel takes a packet's source address for possible where it came in
 * (fib_validate_source): it asks for the way back, with the packet's way out as way in. Strict mode
 * wants that way to be the interface that the packet came in by. Loose mode wants any route, but is
 * as strict where the interface has no IPv4 address, as host veths have none. IPv6 has no such
 * filter.
 */
public final class ReversePathFilter {
  private static final int STRICT = 1;
  private static final int LOOSE = 2;
  private static final Cidr MULTICAST = Cidr.parse("224.0.0.0/4");
  private static final Cidr LOOPBACK = Cidr.parse("127.0.0.0/8");
  // The rest of 0.0.0.0/8 is like any other address since Linux 5.3.
  private static final IpAddress UNSPECIFIED = IpAddress.ofIpv4(0);
  private static final IpAddress BROADCAST = IpAddress.parse("255.255.255.255");

  /** TcpExt counter of what the filter drops (/proc/net/netstat). */
  public static final String COUNTER = "IPReversePathFilter";

  private final RouteSnapshot snapshot;
  private final RouteQuery packet;
  private final String in;

  private ReversePathFilter(RouteSnapshot snapshot, RouteQuery packet) {
    this.snapshot = snapshot;
    this.packet = packet;
    this.in = packet.inInterface();
  }

  /** What becomes of a packet. */
  public sealed interface Result {
    List<Citation> why();

    /** It is let through, or is not asked for. */
    record Pass(List<Citation> why) implements Result {}

    /**
     * It is dropped.
     *
     * @param counted whether {@link #COUNTER} counts it; otherwise the source address is impossible
     *     anywhere ("martian source")
     * @param reason in one sentence
     */
    record Drops(boolean counted, String reason, List<Citation> why) implements Result {}

    /**
     * @param because what is not known
     */
    record CannotTell(String because, List<Citation> why) implements Result {}
  }

  /** Of a packet as it comes in; one of the node itself passes. */
  public static Result check(RouteSnapshot snapshot, RouteQuery packet) {
    if (packet.isOwn() || IpFamily.of(packet.destination()) == IpFamily.IPV6) {
      return new Result.Pass(List.of());
    }
    return new ReversePathFilter(snapshot, packet).check();
  }

  private Result check() {
    if (MULTICAST.contains(packet.source())
        || packet.source().equals(BROADCAST)
        || packet.source().equals(UNSPECIFIED) && !packet.destination().equals(BROADCAST)) {
      return martian(packet.source() + " is no source address", List.of());
    }
    if (LOOPBACK.contains(packet.source())) {
      Optional<Boolean> accepted = snapshot.sysctls().either(in, "route_localnet");
      if (accepted.isEmpty()) {
        return new Result.CannotTell("route_localnet of " + in + " was not read", List.of());
      }
      if (!accepted.get()) {
        return martian(packet.source() + " comes from outside", List.of());
      }
    }
    return switch (RoutePredictor.predict(snapshot, packet)) {
      case RouteDecision.CannotTell unknown ->
          new Result.CannotTell(unknown.because(), unknown.why());
      case RouteDecision.Forward forward -> overAllUnknown(forward.outInterface());
      case RouteDecision.Local _ -> overAllUnknown("");
      // Routing drops it before the kernel looks at the source.
      case RouteDecision.Rejected rejected -> new Result.Pass(rejected.why());
      case RouteDecision.NoRoute none -> new Result.Pass(none.why());
    };
  }

  /** Parameters that were not read are tried with every value: only if all agree it is certain. */
  private Result overAllUnknown(String outInterface) {
    Sysctls sysctls = snapshot.sysctls();
    List<Result> results = new ArrayList<>();
    List<Integer> modes =
        sysctls.rpFilter(in).isPresent()
            ? List.of(sysctls.rpFilter(in).getAsInt())
            : List.of(0, STRICT, LOOSE);
    for (int mode : modes) {
      for (boolean byMark : values(markCounts())) {
        for (boolean acceptLocal : values(sysctls.either(in, "accept_local"))) {
          results.add(evaluate(outInterface, new Settings(mode, byMark, acceptLocal)));
        }
      }
    }
    Result first = results.getFirst();
    boolean agreed = results.stream().allMatch(result -> sameAs(result, first));
    return agreed ? first : new Result.CannotTell("not all of its sysctls were read", cite());
  }

  /** Of a packet without a mark it does not matter whether marks count. */
  private Optional<Boolean> markCounts() {
    return packet.fwmark() == 0
        ? Optional.of(false)
        : snapshot.sysctls().either(in, "src_valid_mark");
  }

  private static List<Boolean> values(Optional<Boolean> known) {
    return known.map(List::of).orElse(List.of(false, true));
  }

  private static boolean sameAs(Result one, Result other) {
    return switch (one) {
      case Result.Pass _ -> other instanceof Result.Pass;
      case Result.Drops drops ->
          other instanceof Result.Drops drop && drop.counted() == drops.counted();
      case Result.CannotTell _ -> false;
    };
  }

  /** The interface's effective sysctls. */
  private record Settings(int mode, boolean byMark, boolean acceptLocal) {}

  private Result evaluate(String outInterface, Settings settings) {
    if (settings.mode == 0 && !outInterface.equals(in)) {
      // With the filter off and no rules of its own, the kernel only refuses its own addresses.
      boolean plain = !hasCustomRules();
      if (settings.acceptLocal || plain && !snapshot.isOwn(packet.source())) {
        return new Result.Pass(cite());
      }
      if (plain) {
        return martian(packet.source() + " is an address of the node itself", List.of());
      }
    }
    return byWayBack(settings, wayBack(outInterface, settings));
  }

  /** Rules or local routes other than those that the kernel makes itself. */
  private boolean hasCustomRules() {
    boolean rules =
        snapshot.rules().stream()
            .filter(rule -> rule.family() == IpFamily.IPV4)
            .anyMatch(rule -> !rule.text().matches("from all lookup (local|main|default)"));
    boolean routes =
        snapshot.routes().table(RtNames.TABLE_LOCAL, IpFamily.IPV4).stream()
            .anyMatch(route -> route.protocol() != RtNames.PROTOCOL_KERNEL);
    return rules || routes;
  }

  private RouteDecision wayBack(String outInterface, Settings settings) {
    return RoutePredictor.predict(
        snapshot,
        new RouteQuery(
            packet.destination(),
            packet.source(),
            settings.byMark ? packet.fwmark() : 0,
            outInterface,
            packet.transport().reversed()));
  }

  private Result byWayBack(Settings settings, RouteDecision back) {
    return switch (back) {
      case RouteDecision.CannotTell unknown ->
          new Result.CannotTell(unknown.because(), cite(unknown.why()));
      case RouteDecision.NoRoute none -> withoutWay(settings, "no route leads", none);
      case RouteDecision.Rejected rejected ->
          withoutWay(settings, "a " + rejected.reason() + " leads", rejected);
      case RouteDecision.Local local -> fromOwnAddress(settings, local);
      case RouteDecision.Forward forward -> fromElsewhere(settings, forward);
    };
  }

  private Result withoutWay(Settings settings, String what, RouteDecision back) {
    return settings.mode == 0
        ? new Result.Pass(cite(back.why()))
        : drops(what + " back to " + packet.source(), back.why());
  }

  private Result fromOwnAddress(Settings settings, RouteDecision.Local local) {
    boolean accepted = local.route().type() == RouteType.LOCAL && settings.acceptLocal;
    if (!accepted) {
      return martian(
          packet.source() + " is a " + local.route().type().text() + " address of the node",
          local.why());
    }
    return bySameInterface(settings, uses(local.route()), local.interfaceName(), local.why());
  }

  private Result fromElsewhere(Settings settings, RouteDecision.Forward forward) {
    return bySameInterface(settings, uses(forward.route()), forward.outInterface(), forward.why());
  }

  private boolean uses(Route route) {
    return route.nextHops().stream().anyMatch(hop -> hop.interfaceName().equals(in));
  }

  private Result bySameInterface(
      Settings settings, boolean same, String backBy, List<Citation> why) {
    boolean addressless = snapshot.addresses(in, IpFamily.IPV4).isEmpty();
    if (same || settings.mode == 0 || settings.mode != STRICT && !addressless) {
      return new Result.Pass(cite(why));
    }
    String reason =
        packet.source() + " came in by " + in + ", and the way back to it is by " + backBy;
    return drops(
        settings.mode == STRICT
            ? reason
            : reason + "; loose mode is strict because " + in + " has no IPv4 address",
        why);
  }

  private Result drops(String reason, List<Citation> why) {
    return new Result.Drops(true, reason, cite(why));
  }

  private Result martian(String reason, List<Citation> why) {
    return new Result.Drops(false, reason, cite(why));
  }

  private List<Citation> cite() {
    return cite(List.of());
  }

  /** The sysctls, then the way back. */
  private List<Citation> cite(List<Citation> back) {
    List<Citation> lines = new ArrayList<>();
    for (String name : List.of("all", in)) {
      String key = Sysctls.key(IpFamily.IPV4, name, "rp_filter");
      lines.add(new Citation(Citation.Source.NOTE, "sysctl", 0, snapshot.sysctls().cite(key)));
    }
    lines.addAll(back);
    return List.copyOf(lines);
  }
}
