package io.podhop.agent.span;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.AttributesBuilder;
import io.podhop.model.Citation;
import io.podhop.model.FlowKey;
import io.podhop.model.Translation;
import io.podhop.wire.Schema;
import java.util.List;

/** A translation and its proof as attributes. */
final class NatAttributes {
  private static final AttributeKey<List<String>> EVIDENCE =
      AttributeKey.stringArrayKey(Schema.NAT_EVIDENCE);

  private NatAttributes() {}

  static void put(AttributesBuilder attributes, Translation translation) {
    switch (translation) {
      case Translation.None _ -> attributes.put(Schema.NAT_KIND, "none");
      case Translation.Unknown _ -> attributes.put(Schema.NAT_KIND, "unknown");
      case Translation.Snat snat -> rewrite(attributes, "snat", snat.before(), snat.after());
      case Translation.Dnat dnat -> rewrite(attributes, "dnat", dnat.before(), dnat.after());
      case Translation.Both both -> rewrite(attributes, "both", both.before(), both.after());
    }
    if (!translation.evidence().isEmpty()) {
      attributes.put(EVIDENCE, translation.evidence().stream().map(Citation::toString).toList());
    }
  }

  private static void rewrite(
      AttributesBuilder attributes, String kind, FlowKey before, FlowKey after) {
    attributes
        .put(Schema.NAT_KIND, kind)
        .put(Schema.NAT_BEFORE, before.toString())
        .put(Schema.NAT_AFTER, after.toString());
  }
}
