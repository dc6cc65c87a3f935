package io.podhop.agent.capture;

import java.io.IOException;
import java.util.List;

/** The packets of a capture file in one of its formats. */
interface FileFormat {
  /** No capture program keeps more of a packet (MAXIMUM_SNAPLEN of libpcap). */
  int MAX_CAPTURED_BYTES = 256 << 10;

  /**
   * Reads the next packet, and hands it on when the filter lets it.
   *
   * @return false at the end of the file
   * @throws IOException when the file is cut off or damaged from here on
   */
  boolean next(FrameHandler handler) throws IOException;

  /** Packets handed on so far. */
  long total();

  int interfaceIndex();

  List<FileInterface> interfaces();
}
