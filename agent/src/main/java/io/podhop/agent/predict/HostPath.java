package io.podhop.agent.predict;

import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.RtNames;
import io.podhop.agent.route.Forwarding;
import io.podhop.agent.route.ReversePathFilter;
import io.podhop.agent.route.RouteDecision;
import io.podhop.agent.route.RoutePredictor;
import io.podhop.agent.route.RouteQuery;
import io.podhop.agent.route.RouteType;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PodInfo;
import io.podhop.model.PredictedLeg.Arrives;
import io.podhop.model.PredictedLeg.Fate;
import io.podhop.model.PredictedLeg.Unclear;
import io.podhop.model.Verdict;
import java.util.Optional;

/** A packet in the node's own namespace, from where it comes in to where it goes out. */
final class HostPath {
  private static final String LOOPBACK = "lo";

  private final Passage at;
  private final String in;
  private final Netfilter hooks;
  private Optional<RouteDecision> routed = Optional.empty();

  /**
   * @param in the interface that it comes in by
   */
  HostPath(Passage at, String in) {
    this.at = at;
    this.in = in;
    this.hooks = new Netfilter(at, this::nextPoint);
  }

  /** Of a packet that the node itself sends. */
  static HostPath ofOwn(Passage at) {
    return new HostPath(at, "");
  }

  /** A packet that has come in. */
  Fate receive() {
    return hooks
        .beforeRouting(in, "")
        .or(this::route)
        .or(() -> Optional.of(isForNode() ? deliver() : forward()))
        .orElseThrow();
  }

  /** A packet of the node's own. */
  Fate send() {
    Optional<Fate> unroutable = route().or(this::wayless);
    if (unroutable.isPresent()) {
      return unroutable.get();
    }
    FlowKey packet = at.packet;
    int fwmark = at.fwmark;
    String firstOut = out();
    return hooks
        .beforeRouting("", firstOut)
        .or(() -> hooks.output(firstOut))
        .or(() -> packet.equals(at.packet) && fwmark == at.fwmark ? Optional.empty() : reroute())
        .or(this::postrouting)
        .or(() -> Optional.of(isForNode() ? comeBack() : depart()))
        .orElseThrow();
  }

  /** Behind OUTPUT a packet whose destination or mark has changed is routed again. */
  private Optional<Fate> reroute() {
    return route().or(this::wayless);
  }

  /** What the node sends to itself passes the loopback interface. */
  private Fate comeBack() {
    at.comeBack();
    return new HostPath(at, LOOPBACK).receive();
  }

  private Optional<Fate> route() {
    RouteDecision decision = RoutePredictor.predict(at.node.routes(), query());
    routed = Optional.of(decision);
    at.why(decision.why());
    return switch (decision) {
      case RouteDecision.CannotTell unknown ->
          Optional.of(new Unclear(unknown.because(), unknown.why()));
      case RouteDecision.Forward forward when isOneOfSeveral(forward) ->
          Optional.of(
              new Unclear(
                  "the route has several next hops, and the kernel chooses by flow",
                  forward.why()));
      case RouteDecision.Local local when local.route().type() != RouteType.LOCAL ->
          Optional.of(new Unclear("not a packet for one receiver", local.why()));
      case RouteDecision.Forward _,
          RouteDecision.Local _,
          RouteDecision.Rejected _,
          RouteDecision.NoRoute _ ->
          Optional.empty();
    };
  }

  private static boolean isOneOfSeveral(RouteDecision.Forward forward) {
    return forward.egress().candidates().size() > 1;
  }

  private RouteQuery query() {
    return at.routeQuery(in);
  }

  /** A snapshot without table local, as some text has it, still has the node's addresses. */
  private boolean isForNode() {
    boolean unlisted =
        at.node.routes().table(RtNames.TABLE_LOCAL).stream()
            .noneMatch(route -> route.family() == IpFamily.of(at.packet.destination()));
    return routed.filter(RouteDecision.Local.class::isInstance).isPresent()
        || unlisted && at.node.local().contains(at.packet.destination());
  }

  private RouteDecision.Forward way() {
    return (RouteDecision.Forward) routed.orElseThrow();
  }

  private String out() {
    return isForNode() ? LOOPBACK : way().outInterface();
  }

  /** No route, or one that drops. */
  private Optional<Fate> wayless() {
    if (isForNode()) {
      return Optional.empty();
    }
    String destination = at.packet.destination().toString();
    return switch (routed.orElseThrow()) {
      case RouteDecision.NoRoute none ->
          Optional.of(
              at.dies(
                  answered(true),
                  nextPoint(),
                  "no route of the node leads to " + destination,
                  none.why(),
                  "restore the node's routes: its default route is missing"));
      case RouteDecision.Rejected rejected ->
          Optional.of(
              at.dies(
                  answered(!rejected.reason().equals("blackhole")),
                  nextPoint(),
                  "the node's routing has "
                      + destination
                      + " as "
                      + rejected.reason()
                      + ": "
                      + rejected.why().getLast().text(),
                  rejected.why(),
                  "remove this "
                      + (rejected.route().isPresent() ? "route" : "rule")
                      + ", or find who writes it"));
      case RouteDecision.Forward _, RouteDecision.Local _, RouteDecision.CannotTell _ ->
          Optional.empty();
    };
  }

  /** An ICMP error refuses a request; an answer's sender is told, and who waits for it is not. */
  private Verdict.Id answered(boolean byIcmp) {
    boolean told = byIcmp && at.isRequest() && !in.isEmpty();
    return told ? Verdict.Id.REFUSED : Verdict.Id.LOST_ON_NODE;
  }

  private Fate forward() {
    return mayForward()
        .or(this::wayless)
        .or(this::plausible)
        .or(() -> hooks.forwarding(in, out()))
        .or(this::postrouting)
        .or(() -> Optional.of(depart()))
        .orElseThrow();
  }

  private Fate depart() {
    return new Departure(at, way(), in).leave();
  }

  private Optional<Fate> mayForward() {
    return switch (Forwarding.check(at.node.routes(), query())) {
      case Forwarding.Result.Allowed _ -> Optional.empty();
      case Forwarding.Result.Refused refused ->
          Optional.of(
              at.dies(
                  Verdict.Id.LOST_ON_NODE,
                  nextPoint(),
                  "the node does not forward packets: " + refused.why().getFirst().text(),
                  refused.why(),
                  at.packet.destination().isIpv4()
                      ? "set net.ipv4.ip_forward=1"
                      : "set net.ipv6.conf.all.forwarding=1"));
      case Forwarding.Result.CannotTell unknown -> {
        at.note("taken for granted that the node forwards: " + unknown.because());
        yield Optional.empty();
      }
    };
  }

  /** Whether the source address may come in here. */
  private Optional<Fate> plausible() {
    return switch (ReversePathFilter.check(at.node.routes(), query())) {
      case ReversePathFilter.Result.Pass _ -> Optional.empty();
      case ReversePathFilter.Result.CannotTell unknown ->
          Optional.of(
              new Unclear("whether rp_filter drops it: " + unknown.because(), unknown.why()));
      case ReversePathFilter.Result.Drops drops ->
          Optional.of(
              at.dies(
                  drops.counted() ? Verdict.Id.RP_FILTER : Verdict.Id.LOST_ON_NODE,
                  nextPoint(),
                  drops.counted()
                      ? "rp_filter drops it (" + ReversePathFilter.COUNTER + "): " + drops.reason()
                      : "the kernel drops it as martian: " + drops.reason(),
                  drops.why(),
                  rpFilterAdvice()));
    };
  }

  private String rpFilterAdvice() {
    Optional<PodInfo> pod = at.node.behind(in);
    return pod.isPresent()
        ? "restore the route to "
            + at.packet.source()
            + " by "
            + in
            + " in table main and rule 512 (from all to "
            + at.packet.source()
            + " lookup main), or delete the pod so that the CNI writes them anew"
        : "set net.ipv4.conf." + in + ".rp_filter=2 and net.ipv4.conf.all.rp_filter=0 or 2 (loose)";
  }

  private Optional<Fate> postrouting() {
    IpAddress destination = at.packet.destination();
    IpAddress nextHop = isForNode() ? destination : way().gateway().orElse(destination);
    Optional<Fate> end = hooks.afterRouting(out(), nextHop);
    if (end.isEmpty()) {
      at.confirm();
    }
    return end;
  }

  private Fate deliver() {
    return plausible()
        .or(() -> hooks.input(in))
        .or(
            () -> {
              at.confirm();
              return Optional.of(new Arrives(at.node.name()));
            })
        .orElseThrow();
  }

  /**
   * The label of the point behind the node's routing: where it was routed to, or else where it
   * ought to go.
   */
  String nextPoint() {
    if (routed.orElse(null) instanceof RouteDecision.Forward forward) {
      return at.node.point(forward.outInterface()).label();
    }
    if (routed.isEmpty()
        && RoutePredictor.predict(at.node.routes(), query())
            instanceof RouteDecision.Forward forward) {
      return at.node.point(forward.outInterface()).label();
    }
    return isForNode() ? at.node.name() : due();
  }

  private String due() {
    Optional<PodInfo> pod = at.node.pod(at.packet.destination());
    if (pod.isPresent()) {
      return at.node.points().hostVeth(pod.get()).label();
    }
    return at.node
        .ownership()
        .owner(at.packet.source())
        .map(eni -> at.node.point(eni.interfaceName()))
        .map(ObservationPoint::label)
        .orElse("");
  }
}
