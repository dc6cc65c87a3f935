package io.podhop.collector.control;

import io.podhop.v1.AgentMessage;

/** What a conversation hears. */
public sealed interface FromAgent {
  /** An agent answered. */
  record Said(String node, AgentMessage message) implements FromAgent {}

  /** An agent is there to be asked; only a conversation with all of them hears this. */
  record Came(String node) implements FromAgent {}

  /** An agent's stream ended. */
  record Gone(String node) implements FromAgent {}

  /** Whoever wanted the conversation has enough, and wants to hear what comes of it. */
  record Enough() implements FromAgent {}

  /** Whoever wanted the conversation does not want it any more. */
  record Cancelled() implements FromAgent {}
}
