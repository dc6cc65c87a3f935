package io.podhop.agent.nat;

import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import java.util.Optional;

/** Values with a mask behind a slash. */
final class Masks {
  private Masks() {}

  /** {@code a.b.c.d}, {@code a.b.c.d/n} or {@code a.b.c.d/m.m.m.m} with a contiguous mask. */
  static Optional<Cidr> range(String text) {
    int slash = text.indexOf('/');
    if (slash < 0 || text.indexOf('.', slash) < 0) {
      return Cidr.tryParse(text);
    }
    Optional<IpAddress> mask = IpAddress.tryParse(text.substring(slash + 1));
    if (mask.isEmpty() || !mask.get().isIpv4()) {
      return Optional.empty();
    }
    int ones = Integer.bitCount(mask.get().ipv4());
    boolean contiguous = ones == 0 || mask.get().ipv4() == -1 << 32 - ones;
    return contiguous ? Cidr.tryParse(text.substring(0, slash) + "/" + ones) : Optional.empty();
  }

  /** {@code value[/mask]} in any of C's notations. */
  static Optional<int[]> mark(String text, int maskWhenAbsent) {
    int slash = text.indexOf('/');
    try {
      int value = word(slash < 0 ? text : text.substring(0, slash));
      int mask = slash < 0 ? maskWhenAbsent : word(text.substring(slash + 1));
      return Optional.of(new int[] {value, mask});
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static int word(String text) {
    long value = Long.decode(text);
    if (value < 0 || value > 0xffff_ffffL) {
      throw new NumberFormatException(text);
    }
    return (int) value;
  }
}
