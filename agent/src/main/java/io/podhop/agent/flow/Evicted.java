package io.podhop.agent.flow;

/**
 * Records that had to go before their time because their place was needed, by what they were.
 *
 * @param closed over, and kept for late packets only
 * @param embryonic unanswered
 * @param established in use, of those that were idle longest
 */
public record Evicted(long closed, long embryonic, long established) {
  public long total() {
    return closed + embryonic + established;
  }
}
