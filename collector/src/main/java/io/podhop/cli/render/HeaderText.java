package io.podhop.cli.render;

import io.podhop.model.Endpoint;
import io.podhop.model.Protocol;
import java.util.ArrayList;
import java.util.List;

/** The first lines of an answer about two ends: who they are, and how they speak. */
final class HeaderText {
  private HeaderText() {}

  /** One line when it fits, else one for each end. */
  static List<String> of(Endpoint from, Endpoint to, Protocol protocol, Style style) {
    String source = EndpointText.of(from, style);
    String destination = EndpointText.of(to, style) + "   " + protocol(protocol, to.port());
    String one = source + "  " + style.arrow() + "  " + destination;
    if (one.length() <= style.width()) {
      return List.of(one);
    }
    List<String> lines = new ArrayList<>(TextFit.hanging("", source, style.width()));
    lines.addAll(TextFit.hanging("  " + style.arrow() + " ", destination, style.width()));
    return lines;
  }

  static String protocol(Protocol protocol, int port) {
    return protocol.isIcmp() || port == 0 ? protocol.toString() : protocol + "/" + port;
  }
}
