package io.podhop.agent.capture;

/** Work that the capture thread does now and then, between two frames; must not block. */
@FunctionalInterface
public interface Tick {
  /** Does nothing. */
  Tick NONE = nowNs -> {};

  /**
   * @param nowNs epoch nanoseconds
   */
  void tick(long nowNs);
}
