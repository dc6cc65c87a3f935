package io.podhop.agent.decode;

import java.nio.charset.StandardCharsets;

/**
 * The header and first question of a DNS message (RFC 1035, 4.1).
 *
 * <pre>
 *   0 id | 2 QR Opcode AA TC RD RA Z RCODE | 4 QDCOUNT | 6 ANCOUNT | 8 NSCOUNT | 10 ARCOUNT
 *  12 question: labels, 0 | QTYPE | QCLASS
 * </pre>
 *
 * <p>Over TCP two bytes before it tell its length (RFC 7766, 8).
 */
final class DnsHeader {
  static final int LENGTH = 12;
  static final int MAX_LABEL_LENGTH = 63;
  private static final int PORT = 53;
  private static final int STREAM_PREFIX = 2;
  private static final int MAX_OPCODE = 6;
  private static final int MAX_NAME_LENGTH = 255;
  private static final int FNV_OFFSET = 0x811c9dc5;
  private static final int FNV_PRIME = 0x01000193;

  int id;
  boolean response;
  boolean truncated;
  int rcode;
  int questionType;
  int questionHash;
  private int messageAt;
  private int messageEnd;
  private int nameAt;
  private int nameEnd;

  static boolean isDnsPort(int sourcePort, int destinationPort) {
    return sourcePort == PORT || destinationPort == PORT;
  }

  void reset() {
    id = -1;
    response = false;
    truncated = false;
    rcode = -1;
    questionType = -1;
    questionHash = 0;
    messageAt = 0;
    messageEnd = 0;
    nameAt = 0;
    nameEnd = 0;
  }

  /** Reads the message between the two indices; without a whole header it is not taken as DNS. */
  void read(byte[] buffer, int at, int end) {
    if (end - at < LENGTH) {
      return;
    }
    messageAt = at;
    messageEnd = end;
    int flags = BigEndian.u16(buffer, at + 2);
    id = BigEndian.u16(buffer, at);
    response = flags >>> 15 == 1;
    truncated = (flags & 0x0200) != 0;
    rcode = flags & 0xf;
    if (BigEndian.u16(buffer, at + 4) > 0) {
      readQuestion(buffer, at + LENGTH, end);
    }
  }

  /**
   * Reads the message that a TCP segment begins with. A segment from the midst of a message looks
   * like anything, so it must look whole: its length within the segment, its bits as assigned, its
   * one question readable unless the capture cut it.
   */
  void readSegment(byte[] buffer, int at, int end, int payloadLength) {
    if (end - at < STREAM_PREFIX + LENGTH) {
      return;
    }
    int message = at + STREAM_PREFIX;
    int length = BigEndian.u16(buffer, at);
    int flags = BigEndian.u16(buffer, message + 2);
    if (length < LENGTH
        || length > payloadLength - STREAM_PREFIX
        || (flags >>> 11 & 0xf) > MAX_OPCODE
        || (flags & 0x0040) != 0
        || BigEndian.u16(buffer, message + 4) != 1) {
      return;
    }
    boolean cut = length > end - message;
    read(buffer, message, cut ? end : message + length);
    if (questionType < 0 && !cut) {
      reset();
    }
  }

  int forEachAnswer(byte[] buffer, DnsAnswerHandler handler) {
    return response ? DnsAnswers.forEach(buffer, messageAt, messageEnd, handler) : 0;
  }

  private void readQuestion(byte[] buffer, int at, int end) {
    int labelAt = at;
    int hash = FNV_OFFSET;
    int limit = Math.min(end, at + MAX_NAME_LENGTH);
    while (labelAt < limit && buffer[labelAt] != 0) {
      int next = labelAt + 1 + BigEndian.u8(buffer, labelAt);
      // A compression pointer (0xc0) has no place in a first question, and lands beyond as well.
      if (next - labelAt > 1 + MAX_LABEL_LENGTH || next >= limit) {
        return;
      }
      for (int i = labelAt; i < next; i++) {
        hash = (hash ^ lowerCase(buffer[i])) * FNV_PRIME;
      }
      labelAt = next;
    }
    if (labelAt >= limit || end - labelAt < 5) {
      return;
    }
    nameAt = at;
    nameEnd = labelAt;
    questionType = BigEndian.u16(buffer, labelAt + 1);
    questionHash = (hash ^ questionType) * FNV_PRIME;
  }

  String name(byte[] buffer) {
    StringBuilder name = new StringBuilder();
    for (int at = nameAt; at < nameEnd; at += 1 + buffer[at]) {
      if (!name.isEmpty()) {
        name.append('.');
      }
      name.append(new String(buffer, at + 1, buffer[at], StandardCharsets.ISO_8859_1));
    }
    return name.toString();
  }

  private static int lowerCase(byte b) {
    return b >= 'A' && b <= 'Z' ? b + 32 : b & 0xff;
  }
}
