package io.podhop.agent.span;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.AttributesBuilder;
import io.podhop.model.Citation;
import io.podhop.model.Coverage;
import io.podhop.model.FlowKey;
import io.podhop.model.Hop;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Role;
import io.podhop.wire.Schema;
import java.util.List;
import java.util.Locale;

/** A hop as attributes: the point, the tuple there, what was seen and why it went there. */
final class HopAttributes {
  private static final AttributeKey<List<String>> WHY = AttributeKey.stringArrayKey(Schema.WHY);

  private HopAttributes() {}

  static void put(AttributesBuilder attributes, Hop hop) {
    point(attributes, hop.point());
    attributes
        .put(Schema.PACKET, hop.packet().label())
        .put(Schema.DIRECTION, hop.direction().name().toLowerCase(Locale.ROOT));
    if (!hop.why().isEmpty()) {
      attributes.put(WHY, hop.why().stream().map(Citation::toString).toList());
      hop.why().forEach(citation -> cite(attributes, citation));
    }
    switch (hop) {
      case Hop.Observed seen -> {
        attributes.put(Schema.HOP_SEEN, true).put(Schema.COPIES, (long) seen.copies());
        tuple(attributes, seen.tuple());
      }
      case Hop.NotSeen silent -> {
        attributes.put(Schema.HOP_SEEN, false);
        coverage(attributes, silent.coverage());
      }
      case Hop.Inferred _ -> attributes.put(Schema.HOP_SEEN, false);
    }
  }

  private static void point(AttributesBuilder attributes, ObservationPoint point) {
    attributes
        .put(Schema.POINT_ROLE, point.role().name().toLowerCase(Locale.ROOT))
        .put(Schema.POINT_OWNER, point.owner())
        .put(Schema.NETNS_INODE, point.netnsInode())
        .put(Schema.INTERFACE_NAME, point.interfaceName());
    if (point.role() == Role.ENI) {
      attributes.put(Schema.ENI_INTERFACE, point.interfaceName());
    }
  }

  private static void tuple(AttributesBuilder attributes, FlowKey tuple) {
    attributes
        .put(Schema.LOCAL_ADDRESS, tuple.source().toString())
        .put(Schema.LOCAL_PORT, (long) tuple.sourcePort())
        .put(Schema.PEER_ADDRESS, tuple.destination().toString())
        .put(Schema.PEER_PORT, (long) tuple.destinationPort());
  }

  private static void coverage(AttributesBuilder attributes, Coverage coverage) {
    attributes
        .put(Schema.COVERAGE_COMPLETE, coverage.complete())
        .put(Schema.COVERAGE_RECEIVED, coverage.received())
        .put(Schema.COVERAGE_DROPPED, coverage.dropped());
  }

  private static void cite(AttributesBuilder attributes, Citation citation) {
    switch (citation.source()) {
      case POLICY_RULE -> attributes.put(Schema.ROUTE_RULE_PRIORITY, (long) citation.number());
      case ROUTE -> attributes.put(Schema.ROUTE_TABLE, citation.place());
      case IPTABLES, NFTABLES ->
          attributes
              .put(Schema.NAT_CHAIN, citation.place())
              .put(Schema.NAT_RULE_NUMBER, (long) citation.number())
              .put(Schema.NAT_RULE, citation.text());
      case CONNTRACK, IPAMD, VPC, NOTE -> {}
    }
  }
}
