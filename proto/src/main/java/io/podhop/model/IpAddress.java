package io.podhop.model;

import java.util.Optional;

/**
 * An IPv4 or IPv6 address as two longs in network order. IPv4 is held in its IPv4-mapped form
 * {@code ::ffff:a.b.c.d} (RFC 4291, 2.5.5.2) and printed as a dotted quad.
 */
public record IpAddress(long high, long low) implements Comparable<IpAddress> {
  private static final long MAPPED = 0xffffL << 32;

  public static IpAddress ofIpv4(int address) {
    return new IpAddress(0, MAPPED | (address & 0xffff_ffffL));
  }

  /**
   * @throws IllegalArgumentException unless the array has 4 or 16 bytes
   */
  public static IpAddress ofBytes(byte[] bytes) {
    if (bytes.length == 4) {
      return ofIpv4((int) word(bytes, 0, 4));
    }
    if (bytes.length == 16) {
      return new IpAddress(word(bytes, 0, 8), word(bytes, 8, 8));
    }
    throw new IllegalArgumentException("an IP address has 4 or 16 bytes, not " + bytes.length);
  }

  /**
   * @throws IllegalArgumentException when the text is no numeric IPv4 or IPv6 address
   */
  public static IpAddress parse(String text) {
    return tryParse(text)
        .orElseThrow(() -> new IllegalArgumentException("not an IP address: '" + text + "'"));
  }

  /** The numeric address, or empty; never asks a resolver. */
  public static Optional<IpAddress> tryParse(String text) {
    return text.indexOf(':') >= 0 ? Ipv6Text.parse(text) : parseIpv4(text);
  }

  static Optional<IpAddress> parseIpv4(String text) {
    int value = 0;
    int octets = 0;
    int octet = -1;
    for (int i = 0; i <= text.length(); i++) {
      char c = i < text.length() ? text.charAt(i) : '.';
      if (c >= '0' && c <= '9') {
        octet = Math.max(octet, 0) * 10 + (c - '0');
      } else if (c == '.' && octet >= 0) {
        value = value << 8 | octet;
        octets++;
        octet = -1;
      } else {
        return Optional.empty();
      }
      if (octet > 255 || octets > 4) {
        return Optional.empty();
      }
    }
    return octets == 4 ? Optional.of(ofIpv4(value)) : Optional.empty();
  }

  public boolean isIpv4() {
    return high == 0 && low >>> 32 == 0xffff;
  }

  /** The 32 bits of an IPv4 address; meaningless for IPv6. */
  public int ipv4() {
    return (int) low;
  }

  /** 32 or 128. */
  public int bits() {
    return isIpv4() ? 32 : 128;
  }

  /** Four bytes for IPv4, sixteen for IPv6. */
  public byte[] toBytes() {
    byte[] bytes = new byte[bits() / 8];
    for (int i = 0; i < bytes.length; i++) {
      int fromEnd = bytes.length - 1 - i;
      bytes[i] = (byte) ((fromEnd >= 8 ? high >>> (fromEnd - 8) * 8 : low >>> fromEnd * 8));
    }
    return bytes;
  }

  private static long word(byte[] bytes, int from, int count) {
    long value = 0;
    for (int i = from; i < from + count; i++) {
      value = value << 8 | bytes[i] & 0xff;
    }
    return value;
  }

  @Override
  public int compareTo(IpAddress other) {
    int byHigh = Long.compareUnsigned(high, other.high);
    return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
  }

  /** Dotted quad, or the canonical IPv6 text of RFC 5952. */
  @Override
  public String toString() {
    if (!isIpv4()) {
      return Ipv6Text.format(high, low);
    }
    int a = ipv4();
    return (a >>> 24) + "." + (a >>> 16 & 255) + "." + (a >>> 8 & 255) + "." + (a & 255);
  }
}
