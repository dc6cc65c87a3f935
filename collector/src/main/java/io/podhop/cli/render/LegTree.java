package io.podhop.cli.render;

import io.podhop.model.DnatChoice;
import io.podhop.model.PredictedHop;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Translation;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Predicted legs for programs. Keys are stable; hops are numbered over all legs. */
final class LegTree {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private LegTree() {}

  static ArrayNode of(List<PredictedLeg> legs) {
    ArrayNode nodes = NODES.arrayNode();
    int number = 1;
    for (PredictedLeg leg : legs) {
      nodes.add(leg(leg, number));
      number += leg.hops().size();
    }
    return nodes;
  }

  private static ObjectNode leg(PredictedLeg leg, int number) {
    ObjectNode node = NODES.objectNode();
    node.put("node", leg.node());
    node.put("direction", Words.of(leg.direction()));
    node.set("entering", ModelTree.tuple(leg.entering()));
    ArrayNode hops = node.putArray("hops");
    for (PredictedHop hop : leg.hops()) {
      hops.add(hop(hop, number + hops.size()));
    }
    node.set("fate", fate(leg.fate()));
    node.set("leaving", ModelTree.tuple(leg.leaving()));
    node.set(
        "translation",
        ModelTree.translation(Translation.between(leg.entering(), leg.leaving(), List.of())));
    ArrayNode choices = node.putArray("choices");
    leg.choices().forEach(choice -> choices.add(choice(choice)));
    node.put("mtu", leg.mtu());
    node.set("notes", ModelTree.strings(leg.notes()));
    return node;
  }

  private static ObjectNode hop(PredictedHop hop, int number) {
    ObjectNode node = NODES.objectNode();
    node.put("number", number);
    ModelTree.point(node, hop.point());
    node.set("tuple", ModelTree.tuple(hop.packet()));
    node.set("why", ModelTree.citations(hop.why()));
    return node;
  }

  private static ObjectNode fate(PredictedLeg.Fate fate) {
    ObjectNode node = NODES.objectNode();
    switch (fate) {
      case PredictedLeg.Arrives(String at) -> node.put("kind", "arrives").put("at", at);
      case PredictedLeg.Leaves(String eni, String owning) ->
          node.put("kind", "leaves").put("interface", eni).put("owningInterface", owning);
      case PredictedLeg.Dies dies -> {
        node.put("kind", "dies").put("verdict", dies.verdict().toString());
        node.put("after", dies.place().after()).put("before", dies.place().before());
        node.put("cause", dies.cause());
        node.set("why", ModelTree.citations(dies.why()));
        node.put("advice", dies.advice());
      }
      case PredictedLeg.Unclear unclear -> {
        node.put("kind", "unclear").put("because", unclear.because());
        node.set("why", ModelTree.citations(unclear.why()));
      }
    }
    return node;
  }

  private static ObjectNode choice(DnatChoice choice) {
    ObjectNode node = NODES.objectNode();
    node.put("address", choice.address().toString());
    node.put("port", choice.port());
    node.put("probability", choice.probability());
    node.set("why", ModelTree.citations(choice.why()));
    return node;
  }
}
