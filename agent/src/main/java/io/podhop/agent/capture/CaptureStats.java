package io.podhop.agent.capture;

import io.podhop.model.Coverage;

/**
 * What a source counted.
 *
 * @param received frames handed on
 * @param kernelReceived frames that passed the filter in the kernel, read or not; 0 for a file
 * @param droppedByKernel frames lost for want of ring space
 */
public record CaptureStats(long received, long kernelReceived, long droppedByKernel) {
  public static final CaptureStats NONE = new CaptureStats(0, 0, 0);

  /** Of two sources after each other. */
  public CaptureStats plus(CaptureStats other) {
    return new CaptureStats(
        received + other.received,
        kernelReceived + other.kernelReceived,
        droppedByKernel + other.droppedByKernel);
  }

  /**
   * Joined with what the reader made of the frames, what the point was able to see.
   *
   * @param droppedByUs frames that a handler or a full table of ours lost
   * @param undecoded frames whose headers could not be read
   */
  public Coverage coverage(
      String filter, long fromNs, long toNs, long droppedByUs, long undecoded) {
    return new Coverage(filter, fromNs, toNs, received, droppedByKernel, droppedByUs, undecoded);
  }
}
