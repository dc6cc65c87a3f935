package io.podhop.agent.span;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.podhop.agent.span.SpanRecorder.Draft;
import io.podhop.agent.span.SpanRecorder.Times;
import io.podhop.model.Hop;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PacketKind;
import io.podhop.model.Role;
import io.podhop.model.Segment;
import io.podhop.model.TraceIds;
import io.podhop.wire.Schema;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * One span per crossing of two neighbouring points on this node: its duration is that crossing's
 * latency. A crossing that should have happened and was not seen is a span in error, never missing.
 */
record CrossingSpans(Segment segment, String parentSpanId, String service) {
  /** Kinds whose way is drawn; the rest of a connection would only repeat it. */
  private static final Set<PacketKind> DRAWN =
      EnumSet.of(
          PacketKind.SYN,
          PacketKind.SYN_ACK,
          PacketKind.DATAGRAM,
          PacketKind.ECHO_REQUEST,
          PacketKind.ECHO_REPLY,
          PacketKind.ICMP_ERROR);

  List<Draft> drafts() {
    List<Draft> drafts = new ArrayList<>();
    List<Hop> hops = segment.hops();
    for (int i = 1; i < hops.size(); i++) {
      Hop from = hops.get(i - 1);
      Hop to = hops.get(i);
      boolean samePacket = from.packet() == to.packet() && from.direction() == to.direction();
      if (samePacket && DRAWN.contains(to.packet()) && from instanceof Hop.Observed left) {
        drafts.add(crossing(left, to, i));
      }
    }
    return drafts;
  }

  private Draft crossing(Hop.Observed from, Hop to, int index) {
    AttributesBuilder attributes = Attributes.builder();
    HopAttributes.put(attributes, to);
    attributes.put(Schema.HOP_INDEX, (long) index);
    if (to.point().role() == Role.ENI) {
      NatAttributes.put(attributes, segment.translation());
    }
    String name = to.packet().label() + " " + label(from.point()) + " → " + label(to.point());
    return new Draft(
        TraceIds.spanId(
            segment.traceId(), to.point().identity(), to.packet() + "|" + to.direction()),
        parentSpanId,
        service,
        name,
        SpanKind.INTERNAL,
        new Times(from.timeNs(), end(from, to)),
        attributes.build(),
        error(from, to));
  }

  private static long end(Hop.Observed from, Hop to) {
    return switch (to) {
      case Hop.Observed arrived -> arrived.timeNs();
      case Hop.NotSeen silent -> silent.coverage().toNs();
      case Hop.Inferred _ -> from.timeNs();
    };
  }

  private static String error(Hop.Observed from, Hop to) {
    return switch (to) {
      case Hop.Observed _, Hop.Inferred _ -> "";
      case Hop.NotSeen silent ->
          "seen at "
              + from.point().label()
              + ", never at "
              + to.point().label()
              + (silent.coverage().complete()
                  ? " (capture there was complete)"
                  : " (capture there was not complete)");
    };
  }

  private static String label(ObservationPoint point) {
    return switch (point.role()) {
      case POD_ETH0 -> "pod " + point.interfaceName();
      case HOST_VETH -> "host veth";
      case ENI, BRANCH_ENI, FILE -> point.interfaceName();
    };
  }
}
