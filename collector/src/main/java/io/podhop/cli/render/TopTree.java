package io.podhop.cli.render;

import io.podhop.model.PairTotals;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The busiest pairs for programs; keys are stable. */
public final class TopTree {
  private TopTree() {}

  /** {@code {"intervalNs": …, "pairs": […], …}}; amounts are those of the interval. */
  public static ObjectNode of(TopReport report) {
    ObjectNode tree = JsonNodeFactory.instance.objectNode();
    tree.put("intervalNs", report.intervalNs());
    ArrayNode pairs = tree.putArray("pairs");
    report.pairs().forEach(pair -> fill(pairs.addObject(), pair, report));
    tree.put("others", report.others());
    tree.put("overflowed", report.overflowed());
    ArrayNode silent = tree.putArray("silentNodes");
    report.silentNodes().forEach(silent::add);
    return tree;
  }

  private static void fill(ObjectNode tree, PairTotals pair, TopReport report) {
    long bytes = pair.requestBytes() + pair.replyBytes();
    long packets = pair.requestPackets() + pair.replyPackets();
    tree.put("source", pair.source())
        .put("destination", pair.destination())
        .put("port", pair.port())
        .put("protocol", pair.protocol().toString())
        .put("requestBytes", pair.requestBytes())
        .put("replyBytes", pair.replyBytes())
        .put("requestPackets", pair.requestPackets())
        .put("replyPackets", pair.replyPackets())
        .put("connections", pair.connections())
        .put("failed", pair.failed())
        .put("retransmits", pair.retransmits())
        .put("resets", pair.resets())
        .put("handshakes", pair.handshakes())
        .put("handshakeMeanNs", pair.handshakes() == 0 ? -1 : mean(pair))
        .put("bytesPerSecond", report.perSecond(bytes))
        .put("packetsPerSecond", report.perSecond(packets))
        .put("connectionsPerSecond", report.perSecond(pair.connections()));
  }

  private static long mean(PairTotals pair) {
    return pair.handshakeNs() / pair.handshakes();
  }
}
