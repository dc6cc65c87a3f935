package io.podhop.agent.decode;

import java.util.HexFormat;

/**
 * The plain part of a QUIC Initial packet (RFC 9000, 17.2.2; RFC 9369, 3.2 for version 2).
 *
 * <pre>
 *   0 1 1 TT xxxx | 1 version | 5 DCID length, DCID | SCID length, SCID
 *   token length (varint), token | length (varint) of packet number and payload
 * </pre>
 *
 * <p>QUIC has no port of its own, so everything that can be checked without keys is. What the
 * capture cut behind the destination connection id is taken on trust.
 */
final class QuicInitial {
  private static final int HEADER_FORM_AND_FIXED_BIT = 0xc0;
  private static final long VERSION_1 = 1;
  private static final long VERSION_2 = 0x6b33_43cfL;
  private static final long DRAFTS = 0xff00_0000L;
  private static final int TYPE_INITIAL = 0;
  private static final int TYPE_INITIAL_VERSION_2 = 1;
  private static final int IDS_AT = 5;
  private static final int MAX_ID_LENGTH = 20;

  /** Header protection samples 16 bytes from 4 behind the packet number (RFC 9001, 5.4.2). */
  private static final int MIN_PROTECTED = 20;

  private static final long FNV64_OFFSET = 0xcbf2_9ce4_8422_2325L;
  private static final long FNV64_PRIME = 0x0000_0100_0000_01b3L;

  long version;
  int destinationIdLength;
  int sourceIdLength;
  long destinationIdHash;
  private int destinationIdAt;

  void reset() {
    version = -1;
    destinationIdLength = -1;
    sourceIdLength = -1;
    destinationIdHash = 0;
    destinationIdAt = 0;
  }

  /** Whether a datagram can be one by its first byte: all that most datagrams are asked. */
  static boolean hasLongHeader(byte[] buffer, int at, int end) {
    return end - at > IDS_AT
        && (buffer[at] & HEADER_FORM_AND_FIXED_BIT) == HEADER_FORM_AND_FIXED_BIT;
  }

  /**
   * Reads a datagram with a long header; without a plausible Initial nothing is set.
   *
   * @param end index after the datagram's last captured byte
   * @param payloadLength bytes the datagram had
   */
  void read(byte[] buffer, int at, int end, int payloadLength) {
    long versionThere = BigEndian.u32(buffer, at + 1);
    if (!isInitial(BigEndian.u8(buffer, at), versionThere)) {
      return;
    }
    int idLength = BigEndian.u8(buffer, at + IDS_AT);
    int sourceAt = at + IDS_AT + 1 + idLength;
    if (idLength > MAX_ID_LENGTH || sourceAt >= end) {
      return;
    }
    int sourceLength = BigEndian.u8(buffer, sourceAt);
    int tokenAt = sourceAt + 1 + sourceLength;
    if (sourceLength > MAX_ID_LENGTH
        || !isPlausible(buffer, tokenAt, end, payloadLength - (tokenAt - at))) {
      return;
    }
    version = versionThere;
    sourceIdLength = sourceLength;
    destinationIdLength = idLength;
    destinationIdAt = at + IDS_AT + 1;
    destinationIdHash = FNV64_OFFSET;
    for (int i = destinationIdAt; i < sourceAt; i++) {
      destinationIdHash = (destinationIdHash ^ BigEndian.u8(buffer, i)) * FNV64_PRIME;
    }
  }

  String destinationIdText(byte[] buffer) {
    return destinationIdLength < 0
        ? ""
        : HexFormat.of().formatHex(buffer, destinationIdAt, destinationIdAt + destinationIdLength);
  }

  private static boolean isInitial(int first, long version) {
    int type = first >>> 4 & 3;
    if (version == VERSION_2) {
      return type == TYPE_INITIAL_VERSION_2;
    }
    return type == TYPE_INITIAL && (version == VERSION_1 || (version & 0xffff_ff00L) == DRAFTS);
  }

  /** Whether token and length, as far as captured, fit the {@code left} bytes from the token on. */
  private static boolean isPlausible(byte[] buffer, int tokenAt, int end, int left) {
    long tokenLength = variableLength(buffer, tokenAt, end);
    if (tokenLength < 0) {
      return left >= 2 + MIN_PROTECTED;
    }
    int tokenSize = variableSize(buffer, tokenAt);
    long behindToken = left - tokenSize - tokenLength;
    if (behindToken < 1 + MIN_PROTECTED || tokenLength >= end - tokenAt - tokenSize) {
      return behindToken >= 1 + MIN_PROTECTED;
    }
    int lengthAt = tokenAt + tokenSize + (int) tokenLength;
    long length = variableLength(buffer, lengthAt, end);
    return length < 0
        || length >= MIN_PROTECTED && length <= behindToken - variableSize(buffer, lengthAt);
  }

  /** A variable-length integer (RFC 9000, 16); -1 when it is cut. */
  private static long variableLength(byte[] buffer, int at, int end) {
    if (at >= end || variableSize(buffer, at) > end - at) {
      return -1;
    }
    return switch (variableSize(buffer, at)) {
      case 1 -> BigEndian.u8(buffer, at);
      case 2 -> BigEndian.u16(buffer, at) & 0x3fff;
      case 4 -> BigEndian.u32(buffer, at) & 0x3fff_ffffL;
      default -> BigEndian.i64(buffer, at) & 0x3fff_ffff_ffff_ffffL;
    };
  }

  private static int variableSize(byte[] buffer, int at) {
    return 1 << (BigEndian.u8(buffer, at) >>> 6);
  }
}
