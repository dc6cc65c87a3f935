package io.podhop;

import io.podhop.agent.BundledNodes;
import io.podhop.cli.command.Bundles;
import io.podhop.collector.OfflineCollector;
import io.podhop.collector.explain.NodeQuestions;
import io.podhop.v1.NodeQuestion;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Joins what the agent's side makes of support bundles with the collector's side that asks nodes:
 * neither knows the other.
 */
final class OfflineTwin {
  private OfflineTwin() {}

  /**
   * @throws IOException with a sentence for people, when a bundle cannot be used
   */
  static Bundles.Open open(List<Path> bundles) throws IOException {
    BundledNodes nodes = BundledNodes.read(bundles);
    OfflineCollector collector =
        OfflineCollector.serve(nodes.inventories(), questions -> answers(nodes, questions));
    return new Bundles.Open(collector.channel(), nodes.asOf(), nodes.notes(), collector::close);
  }

  private static Map<String, NodeQuestions.Answer> answers(
      BundledNodes nodes, Map<String, NodeQuestion> questions) {
    Map<String, NodeQuestions.Answer> answers = new LinkedHashMap<>();
    questions.forEach((node, question) -> answers.put(node, answer(nodes, node, question)));
    return answers;
  }

  private static NodeQuestions.Answer answer(
      BundledNodes nodes, String node, NodeQuestion question) {
    try {
      return new NodeQuestions.Said(nodes.answer(node, question));
    } catch (IOException e) {
      return new NodeQuestions.Silent(String.valueOf(e.getMessage()));
    }
  }
}
