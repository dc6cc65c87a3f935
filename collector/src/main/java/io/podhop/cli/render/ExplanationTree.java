package io.podhop.cli.render;

import io.podhop.model.Explanation;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The answer of {@code podhop explain} for programs. Keys are stable: they are added to, never
 * renamed.
 */
public final class ExplanationTree {
  private ExplanationTree() {}

  /** Everything that the table shows, and more: every citation, and what each node tracks. */
  public static ObjectNode of(Explanation explanation) {
    ObjectNode tree = JsonNodeFactory.instance.objectNode();
    tree.set("source", ModelTree.endpoint(explanation.source()));
    tree.set("destination", ModelTree.endpoint(explanation.destination()));
    tree.put("protocol", explanation.protocol().toString());
    tree.set("legs", LegTree.of(explanation.legs()));
    tree.set("verdict", ModelTree.verdict(explanation.verdict()));
    tree.set("notes", ModelTree.strings(explanation.notes()));
    return tree;
  }
}
