package io.podhop.model;

import java.util.Optional;

/** An address range in CIDR form (RFC 4632); host bits of {@code address} are kept but ignored. */
public record Cidr(IpAddress address, int prefixLength) {
  /**
   * @throws IllegalArgumentException when the prefix length does not fit the address family
   */
  public Cidr {
    if (prefixLength < 0 || prefixLength > address.bits()) {
      throw new IllegalArgumentException("no prefix length for " + address + ": " + prefixLength);
    }
  }

  /** Reads {@code a.b.c.d/n}; a bare address is a host range (/32 or /128). */
  public static Optional<Cidr> tryParse(String text) {
    int slash = text.indexOf('/');
    Optional<IpAddress> address = IpAddress.tryParse(slash < 0 ? text : text.substring(0, slash));
    if (address.isEmpty()) {
      return Optional.empty();
    }
    int bits = address.get().bits();
    if (slash < 0) {
      return Optional.of(new Cidr(address.get(), bits));
    }
    String length = text.substring(slash + 1);
    return length.matches("\\d{1,3}") && Integer.parseInt(length) <= bits
        ? Optional.of(new Cidr(address.get(), Integer.parseInt(length)))
        : Optional.empty();
  }

  /**
   * @throws IllegalArgumentException when the text is no CIDR
   */
  public static Cidr parse(String text) {
    return tryParse(text)
        .orElseThrow(() -> new IllegalArgumentException("not a CIDR: '" + text + "'"));
  }

  /** Whether the address lies in the range; false across address families. */
  public boolean contains(IpAddress other) {
    if (other.isIpv4() != address.isIpv4()) {
      return false;
    }
    int bits = prefixLength + (address.isIpv4() ? 96 : 0);
    long highMask = bits >= 64 ? -1L : bits == 0 ? 0 : -1L << 64 - bits;
    long lowMask = bits <= 64 ? 0 : -1L << 128 - bits;
    return ((other.high() ^ address.high()) & highMask) == 0
        && ((other.low() ^ address.low()) & lowMask) == 0;
  }

  @Override
  public String toString() {
    return address + "/" + prefixLength;
  }
}
