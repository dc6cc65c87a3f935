package io.podhop.collector.explain;

import io.podhop.v1.NodeAnswer;
import io.podhop.v1.NodeQuestion;
import java.util.Map;

/** Asks nodes. */
@FunctionalInterface
public interface NodeQuestions {
  /**
   * Asks each node its question, in bounded time.
   *
   * @param questions by node; their request ids are not used
   * @return an answer for each node that was asked
   */
  Map<String, Answer> ask(Map<String, NodeQuestion> questions) throws InterruptedException;

  /** Asks one node. */
  default Answer ask(String node, NodeQuestion question) throws InterruptedException {
    return ask(Map.of(node, question)).getOrDefault(node, new Silent("it was not asked"));
  }

  /** What came back. */
  sealed interface Answer {}

  record Said(NodeAnswer answer) implements Answer {}

  /**
   * No answer.
   *
   * @param reason to be put behind the node's name: {@code it is not connected}
   */
  record Silent(String reason) implements Answer {}
}
