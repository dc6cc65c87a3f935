package io.podhop.agent.correlate;

import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.agent.nat.NatEvaluator;
import io.podhop.agent.nat.NatQuery;
import io.podhop.agent.route.RouteDecision;
import io.podhop.agent.route.RoutePredictor;
import io.podhop.agent.route.RouteQuery;
import io.podhop.model.Citation;
import io.podhop.model.Direction;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PodInfo;
import io.podhop.model.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Why a conversation's packets go where they go on this node: the rules and routes that say so. */
record Reasons(
    NodeView view,
    Conversation conversation,
    Optional<PodInfo> source,
    Optional<PodInfo> destination) {

  /** What leads a packet to a point; empty where nothing decides. */
  List<Citation> why(ObservationPoint point, Direction direction) {
    return switch (direction) {
      case REQUEST -> requestTo(point);
      case REPLY -> replyTo(point);
    };
  }

  private List<Citation> requestTo(ObservationPoint point) {
    boolean arriving = isVeth(point, destination);
    boolean leaving = point.role() == Role.ENI && destination.isEmpty();
    if (!arriving && !leaving) {
      return List.of();
    }
    List<Citation> why = new ArrayList<>(destinationNat());
    why.addAll(request().why());
    if (leaving) {
      why.addAll(sourceNat(point.interfaceName()));
    }
    return why;
  }

  private List<Citation> replyTo(ObservationPoint point) {
    boolean arriving = isVeth(point, source);
    boolean leaving = point.role() == Role.ENI && source.isEmpty() && destination.isPresent();
    return arriving || leaving ? reply().why() : List.of();
  }

  private static boolean isVeth(ObservationPoint point, Optional<PodInfo> pod) {
    return point.role() == Role.HOST_VETH
        && pod.filter(info -> info.ref().toString().equals(point.owner())).isPresent();
  }

  /** Where the node's routing sends the request, after any change of its destination. */
  RouteDecision request() {
    FlowKey packet = routed();
    String veth = source.map(PodInfo::hostVeth).orElse("");
    int mark =
        NatEvaluator.prerouting(
                view.nat(), new NatQuery(conversation.before(), veth, "", view.localAddresses(), 0))
            .fwmark();
    return RoutePredictor.predict(
        view.routes(), new RouteQuery(packet.source(), packet.destination(), mark, veth));
  }

  /** The request between DNAT and SNAT: what routing sees. */
  private FlowKey routed() {
    FlowKey before = conversation.before();
    FlowKey after = conversation.after();
    return new FlowKey(
        before.protocol(),
        before.source(),
        before.sourcePort(),
        after.destination(),
        after.destinationPort());
  }

  /** Where it sends the reply; the connection's mark is restored on packets from pods. */
  RouteDecision reply() {
    String veth = destination.map(PodInfo::hostVeth).orElse("");
    int mark =
        destination.isEmpty() ? 0 : conversation.conntrack().map(ConntrackEntry::mark).orElse(0);
    IpAddress answering = conversation.after().destination();
    IpAddress asking = conversation.before().source();
    return RoutePredictor.predict(view.routes(), new RouteQuery(answering, asking, mark, veth));
  }

  private List<Citation> destinationNat() {
    FlowKey before = conversation.before();
    FlowKey after = conversation.after();
    boolean rewritten =
        !before.destination().equals(after.destination())
            || before.destinationPort() != after.destinationPort();
    return rewritten
        ? NatEvaluator.citeDnat(view.nat(), before, after.destination(), after.destinationPort())
        : List.of();
  }

  /** The rule that rewrote the source, or the one that exempted it. */
  private List<Citation> sourceNat(String outInterface) {
    return NatEvaluator.citeSnat(view.nat(), routed(), outInterface, conversation.after().source());
  }

  /** The rules that changed an address on this node, or the one that exempted it from SNAT. */
  List<Citation> translation(String outInterface) {
    List<Citation> rules = new ArrayList<>(destinationNat());
    boolean sourceKept = conversation.before().source().equals(conversation.after().source());
    if (!outInterface.isEmpty() && (rules.isEmpty() || !sourceKept)) {
      rules.addAll(sourceNat(outInterface));
    }
    return rules;
  }
}
