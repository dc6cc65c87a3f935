package io.podhop.agent.ship;

/** What became of a batch. */
public sealed interface ShipResult {
  /** The far side has it. */
  record Accepted() implements ShipResult {}

  /** Not delivered, and will not be tried again. */
  record Dropped(String reason) implements ShipResult {}
}
