package io.podhop.agent.span;

import io.opentelemetry.api.common.AttributesBuilder;
import io.podhop.model.Endpoint;
import io.podhop.model.Owner;
import io.podhop.wire.Schema;

/** Who the two ends are, as attributes. */
final class OwnerAttributes {
  private OwnerAttributes() {}

  static void source(AttributesBuilder attributes, Endpoint source) {
    if (source.owner() instanceof Owner.Pod pod) {
      attributes
          .put(Schema.SOURCE_POD, pod.ref().name())
          .put(Schema.SOURCE_NAMESPACE, pod.ref().namespace())
          .put(Schema.SOURCE_NODE, pod.node());
      pod.since().ifPresent(since -> attributes.put(Schema.OWNER_SINCE, since.toString()));
    } else if (source.owner() instanceof Owner.Node node) {
      attributes.put(Schema.SOURCE_NODE, node.name());
    }
  }

  static void destination(AttributesBuilder attributes, Endpoint destination) {
    switch (destination.owner()) {
      case Owner.Pod pod ->
          attributes
              .put(Schema.DESTINATION_POD, pod.ref().name())
              .put(Schema.DESTINATION_NAMESPACE, pod.ref().namespace())
              .put(Schema.DESTINATION_NODE, pod.node());
      case Owner.Service service ->
          attributes
              .put(Schema.DESTINATION_SERVICE, service.name())
              .put(Schema.DESTINATION_NAMESPACE, service.namespace());
      case Owner.Node node -> attributes.put(Schema.DESTINATION_NODE, node.name());
      case Owner.External _, Owner.Unknown _ -> {}
    }
  }
}
