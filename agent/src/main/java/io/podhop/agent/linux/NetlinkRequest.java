package io.podhop.agent.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;

/**
 * A netlink message to send: protocol header first, then attributes. Numbers go in host byte order;
 * what a protocol wants in network order (most of nfnetlink) is given as bytes.
 */
public final class NetlinkRequest {
  static final int HEADER_BYTES = 16;

  static final int BOUND_BYTES = 4096;
  private static final int NLA_F_NESTED = 0x8000;

  private final int type;
  private final int flags;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(BOUND_BYTES).order(ByteOrder.nativeOrder()).position(HEADER_BYTES);

  /**
   * @param flags beyond NLM_F_REQUEST, NLM_F_DUMP and NLM_F_ACK, which the socket sets
   */
  public NetlinkRequest(int type, int flags) {
    this.type = type;
    this.flags = flags;
  }

  public NetlinkRequest u8(int value) {
    buffer.put((byte) value);
    return this;
  }

  public NetlinkRequest u32(int value) {
    buffer.putInt(value);
    return this;
  }

  public NetlinkRequest zeros(int count) {
    return bytes(new byte[count]);
  }

  public NetlinkRequest bytes(byte[] value) {
    buffer.put(value);
    return this;
  }

  public NetlinkRequest attribute(int attributeType, byte[] value) {
    return attribute(attributeType, request -> request.bytes(value));
  }

  /** An attribute whose value is what the content writes: attributes again. */
  public NetlinkRequest nested(int attributeType, Consumer<NetlinkRequest> content) {
    return attribute(attributeType | NLA_F_NESTED, content);
  }

  private NetlinkRequest attribute(int attributeType, Consumer<NetlinkRequest> content) {
    int start = buffer.position();
    buffer.putShort((short) 0).putShort((short) attributeType);
    content.accept(this);
    buffer.putShort(start, (short) (buffer.position() - start));
    while (buffer.position() % 4 != 0) {
      buffer.put((byte) 0);
    }
    return this;
  }

  ByteBuffer encoded(int socketFlags, int sequence) {
    int length = buffer.position();
    buffer.putInt(0, length);
    buffer.putShort(4, (short) type);
    buffer.putShort(6, (short) (flags | socketFlags));
    buffer.putInt(8, sequence);
    buffer.putInt(12, 0);
    return buffer.duplicate().order(buffer.order()).flip();
  }
}
