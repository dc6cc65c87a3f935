package io.podhop.agent.probe;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A question that every name server can answer: {@code podhop.invalid A} (RFC 1035, 4; RFC 6761,
 * 6.4).
 */
final class DnsQuestion {
  private static final short RECURSION_DESIRED = 0x0100;
  private static final short TYPE_A = 1;
  private static final short CLASS_IN = 1;

  private DnsQuestion() {}

  /**
   * The message on the wire.
   *
   * @param id 16 bits that the answer must repeat
   */
  static ByteBuffer message(int id) {
    ByteBuffer message = ByteBuffer.allocate(64);
    message.putShort((short) id).putShort(RECURSION_DESIRED).putShort((short) 1);
    message.putShort((short) 0).putShort((short) 0).putShort((short) 0);
    for (String label : new String[] {"podhop", "invalid"}) {
      message.put((byte) label.length()).put(label.getBytes(StandardCharsets.US_ASCII));
    }
    message.put((byte) 0).putShort(TYPE_A).putShort(CLASS_IN);
    return message.flip();
  }
}
