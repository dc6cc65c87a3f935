package io.podhop.agent.capture;

/**
 * How a capture loop shares its core with others.
 *
 * @param pauseMs after a round that found frames, how long it lets more gather, at most; 0 never
 *     pauses. The ring of a patient source must hold what arrives meanwhile
 * @param tickMs how often its tick is called, about
 */
public record LoopOptions(int pauseMs, int tickMs) {
  public static final LoopOptions DEFAULT = new LoopOptions(2, 100);

  private static final int MAX_MS = 1000;

  /**
   * @throws IllegalArgumentException when a time is negative or more than a second, or the tick 0
   */
  public LoopOptions {
    if (pauseMs < 0 || pauseMs > MAX_MS || tickMs < 1 || tickMs > MAX_MS) {
      throw new IllegalArgumentException("pause " + pauseMs + " ms, tick " + tickMs + " ms");
    }
  }
}
