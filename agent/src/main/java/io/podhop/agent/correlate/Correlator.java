package io.podhop.agent.correlate;

import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.ipam.Allocation;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.agent.route.RouteDecision;
import io.podhop.model.Citation;
import io.podhop.model.Endpoint;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Owner;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import io.podhop.model.Role;
import io.podhop.model.Segment;
import io.podhop.model.Segment.Side;
import io.podhop.model.Translation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Makes one node's segment of a connection from its conversation and the node's snapshots. */
public final class Correlator {
  private final NodeView view;
  private final Armed armed;
  private final Conversation conversation;
  private final Optional<PodInfo> source;
  private final Optional<PodInfo> destination;
  private final Reasons reasons;

  private Correlator(NodeView view, Armed armed, Conversation conversation) {
    this.view = view;
    this.armed = armed;
    this.conversation = conversation;
    this.source = view.pod(conversation.before().source());
    this.destination = view.pod(conversation.after().destination());
    this.reasons = new Reasons(view, conversation, source, destination);
  }

  /**
   * The segment.
   *
   * @param ends the two ends as the asker named them, for those this node does not know
   */
  public static Segment segment(NodeView view, Armed armed, Conversation conversation, Ends ends) {
    return new Correlator(view, armed, conversation).segment(ends);
  }

  /** Two ends as the asker knows them. */
  public record Ends(Endpoint source, Endpoint destination) {}

  private Segment segment(Ends ends) {
    List<ObservationPoint> path = path();
    boolean sourceHere = source.isPresent();
    boolean destinationHere = destination.isPresent();
    FlowKey wire = conversation.wire(this::role, sourceHere, destinationHere);
    Side side = side();
    return new Segment(
        conversation.traceId(this::role, sourceHere, destinationHere),
        conversation.identity(),
        view.inventory().node(),
        side,
        endpoint(
            conversation.before().source(),
            conversation.before().sourcePort(),
            source,
            ends.source()),
        endpoint(
            conversation.after().destination(),
            conversation.after().destinationPort(),
            destination,
            ends.destination()),
        conversation.before(),
        wire,
        new HopList(conversation, armed, path, reasons::why).hops(),
        armed.points(),
        translation(path),
        view.owningEni(side == Side.DESTINATION ? wire.destination() : wire.source()).orElse(""),
        notes(path),
        new Beyond(armed, view.ipam()).outcome(conversation.records(), local(), then()));
  }

  private Role role(int pointIndex) {
    return armed.point(pointIndex).role();
  }

  private Side side() {
    if (source.isPresent()) {
      return destination.isPresent() ? Side.BOTH : Side.SOURCE;
    }
    if (destination.isPresent()) {
      return Side.DESTINATION;
    }
    return view.localAddresses().contains(conversation.before().source())
        ? Side.SOURCE
        : Side.TRANSIT;
  }

  /** The points that a request should pass on this node, in order. */
  private List<ObservationPoint> path() {
    List<ObservationPoint> points = new ArrayList<>();
    source.ifPresent(pod -> pod(pod.ref(), Role.POD_ETH0, Role.HOST_VETH).forEach(points::add));
    if (source.isEmpty() || destination.isEmpty()) {
      points.addAll(enis());
    }
    destination.ifPresent(
        pod -> pod(pod.ref(), Role.HOST_VETH, Role.POD_ETH0).forEach(points::add));
    return List.copyOf(points);
  }

  private Stream<ObservationPoint> pod(PodRef ref, Role first, Role second) {
    return Stream.of(first, second).flatMap(role -> armed.of(ref, role).stream());
  }

  /** The ENIs that saw the conversation; when none did, the one that should have. */
  private List<ObservationPoint> enis() {
    List<ObservationPoint> seen =
        conversation.records().stream()
            .map(record -> armed.point(record.pointIndex()))
            .filter(point -> point.role() == Role.ENI)
            .distinct()
            .toList();
    return seen.isEmpty() ? expectedEni().stream().toList() : seen;
  }

  private Optional<ObservationPoint> expectedEni() {
    if (destination.isPresent()) {
      return view.owningEni(conversation.after().destination()).flatMap(armed::eni);
    }
    return reasons.request() instanceof RouteDecision.Forward forward
        ? armed.eni(forward.outInterface())
        : Optional.empty();
  }

  private Optional<FlowRecord> recordAt(ObservationPoint point) {
    return conversation.records().stream()
        .filter(record -> armed.point(record.pointIndex()).equals(point))
        .findFirst();
  }

  private Endpoint endpoint(IpAddress address, int port, Optional<PodInfo> local, Endpoint asked) {
    if (local.isPresent()) {
      return new Endpoint(address, port, owner(local.get(), address));
    }
    Optional<Owner> node =
        view.inventory().enis().stream()
            .filter(eni -> eni.addresses().contains(address))
            .<Owner>map(eni -> new Owner.Node(view.inventory().node(), eni.interfaceName()))
            .findFirst();
    return new Endpoint(address, port, node.orElse(elsewhere(address, asked.owner())));
  }

  /** A service stays what was asked for, though its address is a pod's by now. */
  private Owner elsewhere(IpAddress address, Owner asked) {
    return switch (asked) {
      case Owner.Pod _, Owner.Node _, Owner.Service _ -> asked;
      case Owner.External _, Owner.Unknown _ -> view.peers().owner(address).orElse(asked);
    };
  }

  /** Addresses of the two ends that pods of this node have. */
  private List<IpAddress> local() {
    List<IpAddress> local = new ArrayList<>();
    destination.ifPresent(_ -> local.add(conversation.after().destination()));
    source.ifPresent(_ -> local.add(conversation.before().source()));
    return local;
  }

  private Instant then() {
    return Instant.ofEpochSecond(0, Conversation.firstNs(conversation.first()));
  }

  private Owner owner(PodInfo pod, IpAddress address) {
    Optional<Instant> since = view.ipam().holderAt(address, then()).map(Allocation::from);
    return new Owner.Pod(
        pod.ref(), pod.workload(), view.inventory().node(), pod.eniInterface(), since);
  }

  private Translation translation(List<ObservationPoint> path) {
    String out =
        path.stream()
            .filter(point -> point.role() == Role.ENI && destination.isEmpty())
            .map(ObservationPoint::interfaceName)
            .findFirst()
            .orElse("");
    List<Citation> rules = reasons.translation(out);
    Optional<ConntrackEntry> entry = conversation.conntrack();
    boolean same = conversation.before().equals(conversation.after());
    if (entry.isEmpty() && same && !crossed(path)) {
      return new Translation.Unknown("conntrack has no entry for this connection", rules);
    }
    List<Citation> evidence = new ArrayList<>();
    entry.map(ConntrackEntry::cite).ifPresent(evidence::add);
    if (entry.isEmpty()) {
      evidence.add(
          new Citation(
              Citation.Source.NOTE,
              "capture",
              0,
              same ? "the packet itself is the same on both sides" : "the same ISN on both sides"));
    }
    evidence.addAll(rules);
    return Translation.between(conversation.before(), conversation.after(), evidence);
  }

  /**
   * Whether the opening packet was captured both where it entered this node and where it left: then
   * it proves by itself what became of its addresses. Conntrack forgets a refused connection at
   * once.
   */
  private boolean crossed(List<ObservationPoint> path) {
    return path.size() > 1
        && recordAt(path.getFirst()).isPresent()
        && recordAt(path.getLast()).isPresent();
  }

  private List<String> notes(List<ObservationPoint> path) {
    List<String> notes = new ArrayList<>();
    if (destination.isEmpty() && reasons.request() instanceof RouteDecision.Forward forward) {
      path.stream()
          .filter(point -> point.role() == Role.ENI)
          .filter(point -> !point.interfaceName().equals(forward.outInterface()))
          .forEach(
              point ->
                  notes.add(
                      "predicted to leave by "
                          + forward.outInterface()
                          + ", left by "
                          + point.interfaceName()));
    }
    errors().forEach(notes::add);
    return notes;
  }

  private Stream<String> errors() {
    return conversation.records().stream()
        .flatMap(record -> record.icmpError().stream())
        .map(
            error ->
                "ICMP type "
                    + error.type()
                    + " code "
                    + error.code()
                    + " from "
                    + error.sender()
                    + (error.mtu() > 0 ? ", next hop MTU " + error.mtu() : ""))
        .distinct();
  }
}
