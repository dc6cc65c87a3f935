package io.podhop.agent.decode;

/**
 * Reads TCP options: MSS (RFC 9293), window scale and timestamps (RFC 7323), SACK permitted and
 * SACK blocks (RFC 2018).
 */
final class TcpOptions {
  private static final int END = 0;
  private static final int NO_OPERATION = 1;
  private static final int MSS = 2;
  private static final int WINDOW_SCALE = 3;
  private static final int SACK_PERMITTED = 4;
  private static final int SACK = 5;
  private static final int TIMESTAMPS = 8;
  private static final int SACK_BLOCK = 8;

  /** Forty bytes of options have room for no more. */
  private static final int MAX_SACK_BLOCKS = 4;

  /** Two no-operations, then timestamps of length 10: all that most segments carry. */
  private static final int ALIGNED_TIMESTAMPS = 0x0101_080a;

  private static final int ALIGNED_TIMESTAMPS_LENGTH = 12;

  private TcpOptions() {}

  /** Reads the options that are whole between the two indices, up to one that is not. */
  static void read(byte[] buffer, int from, int end, TransportHeader tcp) {
    if (end - from == ALIGNED_TIMESTAMPS_LENGTH
        && (int) BigEndian.u32(buffer, from) == ALIGNED_TIMESTAMPS) {
      tcp.timestampValue = BigEndian.u32(buffer, from + 4);
      tcp.timestampEcho = BigEndian.u32(buffer, from + 8);
      return;
    }
    int at = from;
    while (at < end && buffer[at] != END) {
      if (buffer[at] == NO_OPERATION) {
        at++;
        continue;
      }
      int length = at + 1 < end ? BigEndian.u8(buffer, at + 1) : 0;
      if (length < 2 || length > end - at) {
        return;
      }
      readOption(buffer, at, length, tcp);
      at += length;
    }
  }

  private static void readOption(byte[] buffer, int at, int length, TransportHeader tcp) {
    int kind = BigEndian.u8(buffer, at);
    if (kind == MSS && length == 4) {
      tcp.mss = BigEndian.u16(buffer, at + 2);
    } else if (kind == WINDOW_SCALE && length == 3) {
      tcp.windowScale = BigEndian.u8(buffer, at + 2);
    } else if (kind == SACK_PERMITTED && length == 2) {
      tcp.sackPermitted = true;
    } else if (kind == TIMESTAMPS && length == 10) {
      tcp.timestampValue = BigEndian.u32(buffer, at + 2);
      tcp.timestampEcho = BigEndian.u32(buffer, at + 6);
    } else if (kind == SACK && (length - 2) % SACK_BLOCK == 0) {
      tcp.sackBlocks = Math.min((length - 2) / SACK_BLOCK, MAX_SACK_BLOCKS);
      tcp.sackAt = at + 2;
    }
  }
}
