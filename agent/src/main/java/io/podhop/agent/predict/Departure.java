package io.podhop.agent.predict;

import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.Link;
import io.podhop.agent.route.Egress;
import io.podhop.agent.route.EniOwnership;
import io.podhop.agent.route.Neighbour;
import io.podhop.agent.route.RouteDecision;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PodInfo;
import io.podhop.model.PredictedLeg.Arrives;
import io.podhop.model.PredictedLeg.Fate;
import io.podhop.model.PredictedLeg.Leaves;
import io.podhop.model.PredictedLeg.Unclear;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A packet behind the node's last hook: over a veth into a pod, or by an ENI into the VPC. */
final class Departure {
  private final Passage at;
  private final RouteDecision.Forward way;
  private final String in;
  private final int fwmark;
  private final String out;

  /**
   * @param in where it came in by; empty for the node's own
   */
  Departure(Passage at, RouteDecision.Forward way, String in) {
    this.at = at;
    this.way = way;
    this.in = in;
    this.fwmark = at.fwmark;
    this.out = way.outInterface();
  }

  Fate leave() {
    Optional<PodInfo> pod = at.node.behind(out);
    ObservationPoint point = at.node.point(out);
    Egress egress = way.egress();
    at.fitThrough(egress.mtuBytes());
    if (!egress.linkUsable().orElse(true)) {
      return stays(point, out + " is down", "set it up (ip link set " + out + " up)");
    }
    Optional<Fate> unreached = unreached(point, egress);
    if (unreached.isPresent()) {
      return unreached.get();
    }
    at.comeTo(point);
    if (pod.isPresent()) {
      return into(pod.get());
    }
    boolean veth = egress.link().map(Link::kind).orElse("").equals("veth");
    boolean eni = at.node.eni(out).isPresent();
    return veth && !eni
        ? new Unclear("which pod is behind " + out + " is not known", way.why())
        : intoVpc();
  }

  private Fate stays(ObservationPoint point, String cause, String advice) {
    List<Citation> why = new ArrayList<>(way.why());
    why.addAll(way.egress().cite());
    return at.dies(Verdict.Id.LOST_ON_NODE, point.label(), cause, why, advice);
  }

  private Optional<Fate> unreached(ObservationPoint point, Egress egress) {
    IpAddress neighbour = way.gateway().orElse(at.packet.destination());
    if (egress.neighbourFailed()) {
      return Optional.of(
          stays(
              point,
              "nobody answers on " + out + " for " + neighbour,
              at.node.behind(out).isPresent()
                  ? "look into the pod's network namespace: its interface must be up and have"
                      + " the address"
                  : "look whether " + neighbour + " is the gateway of the ENI's subnet"));
    }
    boolean asking =
        egress.neighbour().map(Neighbour::state).filter("INCOMPLETE"::equals).isPresent();
    return asking
        ? Optional.of(
            new Unclear(
                "the node is asking on " + out + " who has " + neighbour + ", so far in vain",
                egress.cite()))
        : Optional.empty();
  }

  private Fate into(PodInfo pod) {
    ObservationPoint end = at.node.podEnd(pod, out);
    Optional<RouteSnapshot> inside = at.node.inside(pod);
    Optional<Link> link = inside.flatMap(known -> known.link(end.interfaceName()));
    if (link.isPresent() && !link.get().up()) {
      return at.dies(
          Verdict.Id.LOST_ON_NODE,
          end.label(),
          end.interfaceName() + " of the pod is down",
          List.of(),
          "set it up in the pod, or delete the pod so that the CNI wires it anew");
    }
    at.comeTo(end);
    IpAddress to = at.packet.destination();
    boolean has =
        inside
            .map(
                known ->
                    known.addresses().stream().map(InterfaceAddress::address).anyMatch(to::equals))
            .orElse(pod.addresses().contains(to));
    return has
        ? new Arrives(pod.ref().toString())
        : new Unclear(
            "the route leads to " + pod.ref() + ", which is not known to have " + to, way.why());
  }

  private Fate intoVpc() {
    IpAddress source = at.packet.source();
    return switch (at.node.ownership().check(out, source)) {
      case EniOwnership.Result.Owned owned -> new Leaves(out, owned.eni().interfaceName());
      case EniOwnership.Result.CannotTell unknown -> {
        at.note("whether " + source + " may leave by " + out + ": " + unknown.because());
        yield new Leaves(out, "");
      }
      case EniOwnership.Result.Foreign foreign ->
          podWithoutRoute()
              .or(() -> Optional.of(new WrongEni(at, way, in, fwmark, foreign).dies()))
              .orElseThrow();
    };
  }

  /** What came for a pod of this node and is sent out again would not be let back into the VPC. */
  private Optional<Fate> podWithoutRoute() {
    Optional<PodInfo> pod = at.node.pod(at.packet.destination());
    boolean cameIn = !in.isEmpty() && at.node.behind(in).isEmpty();
    if (pod.isEmpty() || !cameIn) {
      return Optional.empty();
    }
    String veth = at.node.points().hostVeth(pod.get()).label();
    return Optional.of(
        at.dies(
            Verdict.Id.LOST_ON_NODE,
            veth,
            "no route leads to "
                + pod.get().hostVeth()
                + " of "
                + pod.get().ref()
                + ": the packet goes out again by "
                + out,
            way.why(),
            "restore the route to "
                + at.packet.destination()
                + " by "
                + pod.get().hostVeth()
                + " in table main, or delete the pod so that the CNI writes it anew"));
  }
}
