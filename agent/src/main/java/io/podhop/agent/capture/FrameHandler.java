package io.podhop.agent.capture;

/** Takes one frame. Runs on the reading thread: must not block, nor keep the buffer. */
@FunctionalInterface
public interface FrameHandler {
  /**
   * @param linkType libpcap's DLT value
   * @param buffer the frame's first bytes, overwritten by the next frame
   * @param capturedLength bytes of the frame in the buffer
   * @param wireLength bytes the frame had
   * @param timestampNs epoch nanoseconds (CLOCK_REALTIME), as the kernel or the file gives them
   */
  void frame(int linkType, byte[] buffer, int capturedLength, int wireLength, long timestampNs);
}
