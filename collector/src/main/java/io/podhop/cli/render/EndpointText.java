package io.podhop.cli.render;

import io.podhop.model.Endpoint;
import io.podhop.model.Owner;
import java.util.StringJoiner;

/** One end for the header: {@code shop/web-7c9 (192.168.1.21, node-a, eni eth1)}. */
final class EndpointText {
  private static final int MAX_NAME = 48;

  private EndpointText() {}

  static String of(Endpoint endpoint, Style style) {
    StringJoiner details = new StringJoiner(", ", " (", ")");
    details.add(endpoint.address().toString());
    switch (endpoint.owner()) {
      case Owner.Pod pod -> {
        add(details, "", pod.node(), style);
        add(details, "eni ", pod.eniInterface(), style);
      }
      case Owner.Node node -> add(details, "eni ", node.eniInterface(), style);
      case Owner.Service _, Owner.External _, Owner.Unknown _ -> {}
    }
    return style.name(endpoint.owner().label(), MAX_NAME) + details;
  }

  private static void add(StringJoiner details, String prefix, String value, Style style) {
    if (!value.isEmpty()) {
      details.add(prefix + style.text(value));
    }
  }
}
