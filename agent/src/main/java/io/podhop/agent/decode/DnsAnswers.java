package io.podhop.agent.decode;

/**
 * Walks the answer section of a DNS message (RFC 1035, 4.1.3) for A and AAAA (RFC 3596) records. An
 * owner's name is stepped over and never followed, so a compression pointer cannot loop; every
 * record takes bytes of the message, so its end bounds the walk.
 */
final class DnsAnswers {
  private static final int MAX_NAME_LENGTH = 255;
  private static final int POINTER = 0xc0;
  private static final int QUESTION_FIELDS = 4;
  private static final int RECORD_FIELDS = 10;
  private static final int TYPE_A = 1;
  private static final int TYPE_AAAA = 28;
  private static final int CLASS_IN = 1;

  private DnsAnswers() {}

  /**
   * Gives each address among the records that are whole.
   *
   * @param message where the message begins; its header is there
   * @param end index after its last captured byte
   * @return how many were given
   */
  static int forEach(byte[] buffer, int message, int end, DnsAnswerHandler handler) {
    int at = skipQuestions(buffer, message, end);
    int found = 0;
    for (int left = BigEndian.u16(buffer, message + 6); left > 0 && at >= 0; left--) {
      int fields = skipName(buffer, at, end);
      if (fields < 0 || end - fields < RECORD_FIELDS) {
        return found;
      }
      int length = BigEndian.u16(buffer, fields + 8);
      if (end - fields - RECORD_FIELDS < length) {
        return found;
      }
      found += give(buffer, fields, length, handler);
      at = fields + RECORD_FIELDS + length;
    }
    return found;
  }

  private static int skipQuestions(byte[] buffer, int message, int end) {
    int at = message + DnsHeader.LENGTH;
    for (int left = BigEndian.u16(buffer, message + 4); left > 0; left--) {
      int fields = skipName(buffer, at, end);
      if (fields < 0 || end - fields < QUESTION_FIELDS) {
        return -1;
      }
      at = fields + QUESTION_FIELDS;
    }
    return at;
  }

  /** The index after the name at {@code from}; -1 when it is cut or no name. */
  private static int skipName(byte[] buffer, int from, int end) {
    int at = from;
    while (at < end && at - from < MAX_NAME_LENGTH) {
      int length = BigEndian.u8(buffer, at);
      if (length == 0) {
        return at + 1;
      }
      if (length >= POINTER) {
        return at + 2;
      }
      if (length > DnsHeader.MAX_LABEL_LENGTH) {
        return -1;
      }
      at += 1 + length;
    }
    return -1;
  }

  private static int give(byte[] buffer, int fields, int length, DnsAnswerHandler handler) {
    int type = BigEndian.u16(buffer, fields);
    if (BigEndian.u16(buffer, fields + 2) != CLASS_IN) {
      return 0;
    }
    int ttl = (int) BigEndian.u32(buffer, fields + 4);
    int data = fields + RECORD_FIELDS;
    if (type == TYPE_A && length == 4) {
      handler.answer(0, IpDecoder.IPV4_MAPPED | BigEndian.u32(buffer, data), Math.max(0, ttl));
      return 1;
    }
    if (type == TYPE_AAAA && length == 16) {
      handler.answer(
          BigEndian.i64(buffer, data), BigEndian.i64(buffer, data + 8), Math.max(0, ttl));
      return 1;
    }
    return 0;
  }
}
