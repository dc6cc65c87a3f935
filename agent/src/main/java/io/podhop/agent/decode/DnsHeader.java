package io.podhop.agent.decode;

import java.nio.charset.StandardCharsets;

/**
 * The header and first question of a DNS message (RFC 1035, 4.1).
 *
 * <pre>
 *   0 id | 2 QR Opcode AA TC RD RA Z RCODE | 4 QDCOUNT | 6 ANCOUNT | 8 NSCOUNT | 10 ARCOUNT
 *  12 question: labels, 0 | QTYPE | QCLASS
 * </pre>
 */
final class DnsHeader {
  private static final int PORT = 53;
  private static final int HEADER_LENGTH = 12;
  private static final int MAX_NAME_LENGTH = 255;
  private static final int FNV_OFFSET = 0x811c9dc5;
  private static final int FNV_PRIME = 0x01000193;

  int id;
  boolean response;
  int rcode;
  int questionType;
  int questionHash;
  private int nameAt;
  private int nameEnd;

  static boolean isDnsPort(int sourcePort, int destinationPort) {
    return sourcePort == PORT || destinationPort == PORT;
  }

  void reset() {
    id = -1;
    response = false;
    rcode = -1;
    questionType = -1;
    questionHash = 0;
    nameAt = 0;
    nameEnd = 0;
  }

  /** Reads the message between the two indices; without a whole header it is not taken as DNS. */
  void read(byte[] buffer, int at, int end) {
    if (at + HEADER_LENGTH > end) {
      return;
    }
    int flags = BigEndian.u16(buffer, at + 2);
    id = BigEndian.u16(buffer, at);
    response = flags >>> 15 == 1;
    rcode = flags & 0xf;
    if (BigEndian.u16(buffer, at + 4) > 0) {
      readQuestion(buffer, at + HEADER_LENGTH, end);
    }
  }

  private void readQuestion(byte[] buffer, int at, int end) {
    int labelAt = at;
    int hash = FNV_OFFSET;
    int limit = Math.min(end, at + MAX_NAME_LENGTH);
    while (labelAt < limit && buffer[labelAt] != 0) {
      int next = labelAt + 1 + BigEndian.u8(buffer, labelAt);
      // A compression pointer (0xc0) has no place in a first question, and lands beyond as well.
      if (next - labelAt > 64 || next >= limit) {
        return;
      }
      for (int i = labelAt; i < next; i++) {
        hash = (hash ^ lowerCase(buffer[i])) * FNV_PRIME;
      }
      labelAt = next;
    }
    if (labelAt >= limit || labelAt + 5 > end) {
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
