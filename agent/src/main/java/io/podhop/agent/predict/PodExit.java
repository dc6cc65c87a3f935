package io.podhop.agent.predict;

import io.podhop.agent.linux.Link;
import io.podhop.agent.route.Neighbour;
import io.podhop.agent.route.RouteDecision;
import io.podhop.agent.route.RoutePredictor;
import io.podhop.agent.route.RouteQuery;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PodInfo;
import io.podhop.model.PredictedLeg.Arrives;
import io.podhop.model.PredictedLeg.Dies;
import io.podhop.model.PredictedLeg.Fate;
import io.podhop.model.PredictedLeg.Unclear;
import io.podhop.model.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** A packet from a pod's socket to the host's end of its veth pair. */
final class PodExit {
  private static final String RENEW = "delete the pod so that the CNI wires it anew";

  private final Passage at;
  private final PodInfo pod;

  PodExit(Passage at, PodInfo pod) {
    this.at = at;
    this.pod = pod;
  }

  Fate leave() {
    Optional<RouteSnapshot> inside = at.node.inside(pod);
    if (inside.isPresent()) {
      return by(inside.get());
    }
    at.note(
        "the network namespace of "
            + pod.ref()
            + " was not read: its own routes and neighbour"
            + " entries are not known");
    return over("eth0", Optional.empty());
  }

  private Fate by(RouteSnapshot inside) {
    RouteDecision decision = RoutePredictor.predict(inside, RouteQuery.of(at.packet, 0, ""));
    at.why(decision.why());
    return switch (decision) {
      case RouteDecision.Local _ -> new Arrives(pod.ref().toString());
      case RouteDecision.CannotTell unknown -> new Unclear(unknown.because(), unknown.why());
      case RouteDecision.NoRoute none ->
          staysInside(
              "eth0",
              "the pod has no route to " + at.packet.destination(),
              none.why(),
              "restore the pod's default route (via 169.254.1.1 or fe80::1 dev eth0), or " + RENEW);
      case RouteDecision.Rejected rejected ->
          staysInside(
              "eth0",
              "the pod's own routing has it as " + rejected.reason(),
              rejected.why(),
              "look who has written this route or rule in the pod");
      case RouteDecision.Forward forward -> send(forward);
    };
  }

  private Fate send(RouteDecision.Forward way) {
    String name = way.outInterface();
    at.fitThrough(way.egress().mtuBytes());
    if (!way.egress().linkUsable().orElse(true)) {
      return staysInside(
          name, name + " of the pod is down or its other end is", way.egress().cite(), RENEW);
    }
    if (way.egress().neighbourFailed()) {
      return staysInside(
          name,
          "the pod's gateway does not answer: the pod has lost its static neighbour entry",
          way.egress().cite(),
          RENEW);
    }
    Optional<Neighbour> entry = way.egress().neighbour().filter(known -> !known.mac().isEmpty());
    Optional<Fate> alone =
        entry.isPresent()
            ? Optional.empty()
            : unanswered(name, way.gateway().orElse(at.packet.destination()));
    return alone.or(() -> Optional.of(over(name, entry))).orElseThrow();
  }

  /** Without its static entry the pod asks for its gateway, which is no address of the host. */
  private Optional<Fate> unanswered(String name, IpAddress gateway) {
    Optional<ObservationPoint> end = at.node.hostEnd(pod, name);
    Optional<Boolean> proxy =
        end.flatMap(point -> at.node.routes().sysctls().either(point.interfaceName(), "proxy_arp"));
    boolean silent = gateway.isIpv4() && proxy.isPresent() && !proxy.get();
    if (silent && !at.node.local().contains(gateway)) {
      return Optional.of(
          staysInside(
              name,
              "the pod has no neighbour entry of its gateway "
                  + gateway
                  + ", and nobody answers"
                  + " when it asks",
              List.of(),
              RENEW));
    }
    at.note("the pod has no neighbour entry of " + gateway + " and has to ask for it");
    return Optional.empty();
  }

  private Fate staysInside(String name, String cause, List<Citation> why, String advice) {
    String next = at.node.hostEnd(pod, name).map(ObservationPoint::label).orElse("");
    String from = at.node.points().pod(pod, name).label();
    return new Dies(Verdict.Id.LOST_IN_POD, new Verdict.Place(from, next), cause, why, advice);
  }

  private Fate over(String name, Optional<Neighbour> gateway) {
    at.comeTo(at.node.points().pod(pod, name));
    Optional<ObservationPoint> end = at.node.hostEnd(pod, name);
    if (end.isEmpty()) {
      return new Unclear(
          "the host's end of " + name + " of " + pod.ref() + " is not known", List.of());
    }
    Optional<Link> link = at.node.routes().link(end.get().interfaceName());
    if (link.isPresent() && !link.get().up()) {
      return at.dies(
          Verdict.Id.LOST_IN_POD,
          end.get().label(),
          link.get().name() + ", the host's end of the pod's veth pair, is down",
          List.of(),
          "set it up (ip link set " + link.get().name() + " up)");
    }
    link.ifPresent(known -> at.fitThrough(OptionalInt.of(known.mtuBytes())));
    at.comeTo(end.get());
    HostPath host = new HostPath(at, end.get().interfaceName());
    Optional<Neighbour> stranger =
        gateway.filter(entry -> link.filter(known -> differs(entry, known)).isPresent());
    return stranger.isPresent()
        ? strange(stranger.get(), link.orElseThrow(), host)
        : host.receive();
  }

  private static boolean differs(Neighbour entry, Link link) {
    return !entry.mac().isEmpty()
        && !link.mac().isEmpty()
        && !entry.mac().equalsIgnoreCase(link.mac());
  }

  /** The frame is for another station (PACKET_OTHERHOST): captures see it, the kernel drops it. */
  private Fate strange(Neighbour entry, Link veth, HostPath host) {
    return at.dies(
        Verdict.Id.LOST_ON_NODE,
        host.nextPoint(),
        "the pod sends to "
            + entry.mac()
            + ", but "
            + veth.name()
            + " has "
            + veth.mac()
            + ": its static entry of the gateway is wrong, and the host ignores the frame",
        List.of(
            new Citation(Citation.Source.NOTE, "neighbour", 0, entry.text()),
            new Citation(
                Citation.Source.NOTE,
                "link",
                veth.ifindex(),
                veth.name() + " link/ether " + veth.mac())),
        "see to it that nobody changes MAC addresses of veths (udev's MACAddressPolicy must be"
            + " none), and "
            + RENEW);
  }
}
