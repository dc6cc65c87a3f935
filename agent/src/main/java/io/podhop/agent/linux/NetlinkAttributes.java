package io.podhop.agent.linux;

import io.podhop.model.IpAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The attributes of a message or of a nested attribute, bounds-checked. Flags in the type
 * (NLA_F_NESTED, NLA_F_NET_BYTEORDER) are masked off. Of an attribute that occurs twice the last
 * counts, as in the kernel. Values are views on the message's bytes.
 */
public final class NetlinkAttributes {
  private static final int TYPE_MASK = 0x3fff;
  private static final int HEADER_BYTES = 4;

  private final List<Attribute> attributes;

  private NetlinkAttributes(List<Attribute> attributes) {
    this.attributes = attributes;
  }

  /**
   * @param region attributes from position 0 to the limit; its byte order is that of the host
   * @throws MalformedNetlinkException when a length leaves the region
   */
  public static NetlinkAttributes parse(ByteBuffer region) throws MalformedNetlinkException {
    List<Attribute> found = new ArrayList<>();
    int at = 0;
    while (region.limit() - at >= HEADER_BYTES) {
      int length = Short.toUnsignedInt(region.getShort(at));
      if (length < HEADER_BYTES || length > region.limit() - at) {
        throw new MalformedNetlinkException(
            "attribute of " + length + " bytes where " + (region.limit() - at) + " are left");
      }
      int type = Short.toUnsignedInt(region.getShort(at + 2)) & TYPE_MASK;
      ByteBuffer value = region.slice(at + HEADER_BYTES, length - HEADER_BYTES);
      found.add(new Attribute(type, value.order(region.order())));
      at += length + 3 & ~3;
    }
    return new NetlinkAttributes(found);
  }

  public boolean has(int type) {
    return find(type).isPresent();
  }

  public Optional<ByteBuffer> find(int type) {
    for (int i = attributes.size() - 1; i >= 0; i--) {
      if (attributes.get(i).type == type) {
        return Optional.of(attributes.get(i).value);
      }
    }
    return Optional.empty();
  }

  /** Nested attributes; none when the attribute is absent. */
  public NetlinkAttributes nested(int type) throws MalformedNetlinkException {
    Optional<ByteBuffer> region = find(type);
    return region.isPresent() ? parse(region.get()) : new NetlinkAttributes(List.of());
  }

  public int u8(int type, int absent) throws MalformedNetlinkException {
    ByteBuffer value = sized(type, 1);
    return value.hasRemaining() ? Byte.toUnsignedInt(value.get(0)) : absent;
  }

  /** In host byte order. */
  public int u16(int type, int absent) throws MalformedNetlinkException {
    ByteBuffer value = sized(type, 2);
    return value.hasRemaining() ? Short.toUnsignedInt(value.getShort(0)) : absent;
  }

  /** In host byte order; read as unsigned where it matters. */
  public int u32(int type, int absent) throws MalformedNetlinkException {
    ByteBuffer value = sized(type, 4);
    return value.hasRemaining() ? value.getInt(0) : absent;
  }

  /** In network byte order, as nfnetlink has its numbers. */
  public int u16be(int type, int absent) throws MalformedNetlinkException {
    ByteBuffer value = sized(type, 2).order(ByteOrder.BIG_ENDIAN);
    return value.hasRemaining() ? Short.toUnsignedInt(value.getShort(0)) : absent;
  }

  /** In network byte order, as nfnetlink has its numbers. */
  public int u32be(int type, int absent) throws MalformedNetlinkException {
    ByteBuffer value = sized(type, 4).order(ByteOrder.BIG_ENDIAN);
    return value.hasRemaining() ? value.getInt(0) : absent;
  }

  /** In network byte order, as nfnetlink has its numbers. */
  public long u64be(int type, long absent) throws MalformedNetlinkException {
    ByteBuffer value = sized(type, 8).order(ByteOrder.BIG_ENDIAN);
    return value.hasRemaining() ? value.getLong(0) : absent;
  }

  /** Text up to the first NUL; empty when absent. */
  public String text(int type) {
    byte[] bytes = bytes(type);
    int length = 0;
    while (length < bytes.length && bytes[length] != 0) {
      length++;
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  /** The value's bytes; none when absent. */
  public byte[] bytes(int type) {
    ByteBuffer value = find(type).orElse(ByteBuffer.allocate(0));
    byte[] bytes = new byte[value.limit()];
    value.get(0, bytes);
    return bytes;
  }

  /** An address of four or sixteen bytes. */
  public Optional<IpAddress> address(int type) throws MalformedNetlinkException {
    if (!has(type)) {
      return Optional.empty();
    }
    byte[] bytes = bytes(type);
    if (bytes.length != 4 && bytes.length != 16) {
      throw new MalformedNetlinkException(
          "attribute " + type + ": an address of " + bytes.length + " bytes");
    }
    return Optional.of(IpAddress.ofBytes(bytes));
  }

  /** Exactly so many bytes, or none when the attribute is absent. */
  private ByteBuffer sized(int type, int bytes) throws MalformedNetlinkException {
    ByteBuffer value = find(type).orElse(ByteBuffer.allocate(0));
    if (value.limit() != bytes && has(type)) {
      throw new MalformedNetlinkException(
          "attribute " + type + " has " + value.limit() + " bytes, not " + bytes);
    }
    return value.duplicate().order(value.order());
  }

  /** One attribute. */
  public record Attribute(int type, ByteBuffer value) {}
}
