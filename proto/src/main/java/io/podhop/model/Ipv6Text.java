package io.podhop.model;

import java.util.Optional;

/** IPv6 text: reads RFC 4291 2.2, writes RFC 5952. */
final class Ipv6Text {
  private Ipv6Text() {}

  static Optional<IpAddress> parse(String text) {
    int gap = text.indexOf("::");
    if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
      return Optional.empty();
    }
    int[] head = groups(gap < 0 ? text : text.substring(0, gap));
    int[] tail = gap < 0 ? new int[0] : groups(text.substring(gap + 2));
    if (head == null || tail == null) {
      return Optional.empty();
    }
    int given = head.length + tail.length;
    if (gap < 0 ? given != 8 : given > 7) {
      return Optional.empty();
    }
    int[] all = new int[8];
    System.arraycopy(head, 0, all, 0, head.length);
    System.arraycopy(tail, 0, all, 8 - tail.length, tail.length);
    return Optional.of(new IpAddress(join(all, 0), join(all, 4)));
  }

  private static int @org.jspecify.annotations.Nullable [] groups(String text) {
    if (text.isEmpty()) {
      return new int[0];
    }
    String[] parts = text.split(":", -1);
    boolean quad = parts[parts.length - 1].indexOf('.') >= 0;
    int[] groups = new int[parts.length + (quad ? 1 : 0)];
    int plain = quad ? parts.length - 1 : parts.length;
    for (int i = 0; i < plain; i++) {
      if (!parts[i].matches("[0-9a-fA-F]{1,4}")) {
        return null;
      }
      groups[i] = Integer.parseInt(parts[i], 16);
    }
    if (quad) {
      Optional<IpAddress> last = IpAddress.parseIpv4(parts[parts.length - 1]);
      if (last.isEmpty()) {
        return null;
      }
      groups[plain] = last.get().ipv4() >>> 16;
      groups[plain + 1] = last.get().ipv4() & 0xffff;
    }
    return groups;
  }

  private static long join(int[] groups, int from) {
    long value = 0;
    for (int i = from; i < from + 4; i++) {
      value = value << 16 | groups[i];
    }
    return value;
  }

  static String format(long high, long low) {
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) {
      groups[i] = (int) ((i < 4 ? high : low) >>> (3 - i % 4) * 16 & 0xffff);
    }
    int bestStart = -1;
    int bestLength = 1;
    int start = 0;
    for (int i = 0; i <= 8; i++) {
      if (i < 8 && groups[i] == 0) {
        continue;
      }
      if (i - start > bestLength) {
        bestStart = start;
        bestLength = i - start;
      }
      start = i + 1;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (i == bestStart) {
        text.append("::");
        i += bestLength - 1;
      } else {
        if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        text.append(Integer.toHexString(groups[i]));
      }
    }
    return text.toString();
  }
}
