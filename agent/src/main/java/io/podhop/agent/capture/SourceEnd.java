package io.podhop.agent.capture;

import io.podhop.model.Coverage;

/**
 * The last word on a source that was read by a {@link CaptureLoop}.
 *
 * @param droppedByUs frames whose handler threw
 * @param toNs epoch nanoseconds until which frames were captured: all until then were read
 */
public record SourceEnd(
    String name, Ending ending, CaptureStats stats, long droppedByUs, long toNs) {
  /**
   * What the point was able to see.
   *
   * @param overflowed frames that no table of ours had room for
   * @param undecoded frames whose headers could not be read
   */
  public Coverage coverage(String filter, long fromNs, long overflowed, long undecoded) {
    return stats.coverage(filter, fromNs, toNs, droppedByUs + overflowed, undecoded);
  }
}
