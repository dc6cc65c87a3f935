package io.podhop.agent.linux;

import io.podhop.model.IpAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/** Writes echo requests and reads what comes back (RFC 792, RFC 4443). */
final class IcmpCodec {
  static final int ECHO_REPLY = 0;
  static final int ECHO_REPLY_V6 = 129;

  private static final int ECHO_REQUEST = 8;
  private static final int ECHO_REQUEST_V6 = 128;
  private static final int HEADER_BYTES = 8;
  private static final int IPV6_HEADER_BYTES = 40;

  private IcmpCodec() {}

  static void writeEcho(
      ByteBuffer out, IpFamily family, int identifier, int sequence, byte[] payload) {
    out.clear().order(ByteOrder.BIG_ENDIAN);
    out.put((byte) (family == IpFamily.IPV4 ? ECHO_REQUEST : ECHO_REQUEST_V6)).put((byte) 0);
    out.putShort((short) 0).putShort((short) identifier).putShort((short) sequence);
    out.put(payload).flip();
    // For ICMPv6 the kernel computes the checksum, which covers a pseudo-header (RFC 3542, 3.1).
    if (family == IpFamily.IPV4) {
      out.putShort(2, checksum(out));
    }
  }

  /** Reads a datagram as the raw socket delivers it: IPv4 with its IP header, IPv6 without. */
  static Optional<IcmpMessage> read(ByteBuffer datagram, IpAddress from) {
    datagram.order(ByteOrder.BIG_ENDIAN);
    int at = from.isIpv4() ? ipv4HeaderBytes(datagram, 0) : 0;
    if (at < 0 || datagram.limit() - at < HEADER_BYTES) {
      return Optional.empty();
    }
    int type = Byte.toUnsignedInt(datagram.get(at));
    int code = Byte.toUnsignedInt(datagram.get(at + 1));
    int echo = from.isIpv4() ? ipv4Echo(datagram, at, type) : ipv6Echo(datagram, at, type);
    if (echo < 0 || datagram.limit() - echo < HEADER_BYTES) {
      return Optional.empty();
    }
    return Optional.of(
        new IcmpMessage(
            from,
            type,
            code,
            Short.toUnsignedInt(datagram.getShort(echo + 4)),
            Short.toUnsignedInt(datagram.getShort(echo + 6)),
            from.isIpv4() ? Byte.toUnsignedInt(datagram.get(8)) : 0));
  }

  /** RFC 1071. */
  private static short checksum(ByteBuffer bytes) {
    int sum = 0;
    for (int i = 0; i + 1 < bytes.limit(); i += 2) {
      sum += Short.toUnsignedInt(bytes.getShort(i));
    }
    if (bytes.limit() % 2 != 0) {
      sum += Byte.toUnsignedInt(bytes.get(bytes.limit() - 1)) << 8;
    }
    sum = (sum & 0xffff) + (sum >>> 16);
    sum += sum >>> 16;
    return (short) ~sum;
  }

  /** Where the echo header is: the message itself, or what a type 3, 11 or 12 error quotes. */
  private static int ipv4Echo(ByteBuffer datagram, int at, int type) {
    return switch (type) {
      case ECHO_REPLY -> at;
      case 3, 11, 12 -> {
        int quoted = at + HEADER_BYTES;
        int header = ipv4HeaderBytes(datagram, quoted);
        boolean icmp = header > 0 && datagram.get(quoted + 9) == 1;
        yield icmp ? quotedEcho(datagram, quoted + header, ECHO_REQUEST) : -1;
      }
      default -> -1;
    };
  }

  /** As for IPv4, with errors 1 to 4; a quoted packet with extension headers is not followed. */
  private static int ipv6Echo(ByteBuffer datagram, int at, int type) {
    return switch (type) {
      case ECHO_REPLY_V6 -> at;
      case 1, 2, 3, 4 -> {
        int quoted = at + HEADER_BYTES;
        boolean icmp =
            datagram.limit() - quoted >= IPV6_HEADER_BYTES && datagram.get(quoted + 6) == 58;
        yield icmp ? quotedEcho(datagram, quoted + IPV6_HEADER_BYTES, ECHO_REQUEST_V6) : -1;
      }
      default -> -1;
    };
  }

  private static int quotedEcho(ByteBuffer datagram, int at, int requestType) {
    boolean echo =
        datagram.limit() - at >= HEADER_BYTES
            && Byte.toUnsignedInt(datagram.get(at)) == requestType;
    return echo ? at : -1;
  }

  /** Length of the IPv4 header at an offset; -1 when there is none. */
  private static int ipv4HeaderBytes(ByteBuffer datagram, int at) {
    if (datagram.limit() - at < 20 || datagram.get(at) >>> 4 != 4) {
      return -1;
    }
    int bytes = (datagram.get(at) & 0xf) * 4;
    return bytes >= 20 && bytes <= datagram.limit() - at ? bytes : -1;
  }
}
