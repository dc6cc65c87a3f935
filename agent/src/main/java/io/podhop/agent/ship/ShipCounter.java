package io.podhop.agent.ship;

/** What can happen to a batch of spans. */
public enum ShipCounter {
  ACCEPTED("batches the far side acknowledged"),
  RETRIED("attempts that failed and were tried again"),
  QUEUE_FULL("batches dropped because the queue was full"),
  EXPIRED("batches dropped after the last attempt"),
  REJECTED("batches the far side refused for good");

  private final String meaning;

  ShipCounter(String meaning) {
    this.meaning = meaning;
  }

  public String meaning() {
    return meaning;
  }
}
