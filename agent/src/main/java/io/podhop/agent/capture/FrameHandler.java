package io.podhop.agent.capture;

/** Takes one frame. Runs on the reading thread: must not block, nor keep the buffer. */
@FunctionalInterface
public interface FrameHandler {
  /**
   * @param linkType libpcap's DLT value
   * @param buffer holds the frame's first bytes until the next frame
   * @param offset where they begin in it
   * @param capturedLength bytes of the frame in the buffer
   * @param wireLength bytes the frame had
   * @param timestampNs epoch nanoseconds (CLOCK_REALTIME), as the kernel or the file gives them
   */
  void frame(
      int linkType,
      byte[] buffer,
      int offset,
      int capturedLength,
      int wireLength,
      long timestampNs);
}
