package io.podhop.agent.nat;

import io.podhop.agent.linux.MalformedNetlinkException;
import io.podhop.agent.linux.NetlinkAttributes;
import io.podhop.agent.linux.NetlinkMessage;
import io.podhop.agent.linux.NetlinkRequest;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.function.IntPredicate;

/** ctnetlink's attributes (linux/netfilter/nfnetlink_conntrack.h). */
final class ConntrackCodec {
  private static final int NFGENMSG_BYTES = 4;
  private static final int TUPLE_ORIGINAL = 1;
  private static final int TUPLE_REPLY = 2;
  private static final int STATUS = 3;
  private static final int PROTOCOL_INFO = 4;
  private static final int TIMEOUT = 7;
  private static final int MARK = 8;
  private static final int COUNTERS_ORIGINAL = 9;
  private static final int COUNTERS_REPLY = 10;
  private static final int USE = 11;
  private static final int TIMESTAMP = 20;
  private static final int TIMESTAMP_START = 1;
  private static final int FILTER = 25;
  private static final int FILTER_ORIGINAL = 1;

  /** CTA_FILTER_F_CTA_PROTO_NUM of the kernel's nf_internals.h. */
  private static final int COMPARE_PROTOCOL = 1 << 3;

  private static final int TUPLE_IP = 1;
  private static final int TUPLE_PROTOCOL = 2;
  private static final int IP4_SOURCE = 1;
  private static final int IP4_DESTINATION = 2;
  private static final int IP6_SOURCE = 3;
  private static final int IP6_DESTINATION = 4;
  private static final int PROTOCOL_NUMBER = 1;
  private static final int SOURCE_PORT = 2;
  private static final int DESTINATION_PORT = 3;
  private static final int ICMP_ID = 4;
  private static final int ICMPV6_ID = 7;
  private static final int COUNTER_PACKETS = 1;
  private static final int COUNTER_BYTES = 2;
  private static final int INFO_TCP = 1;
  private static final int INFO_TCP_STATE = 1;
  private static final int SEEN_REPLY = 1 << 1;
  private static final int ASSURED = 1 << 2;

  private static final long ABSENT = -1;

  private ConntrackCodec() {}

  /** ICMP types a tracked packet may have: request, then answer. */
  static int[] possibleTypes(Protocol protocol) {
    return switch (protocol) {
      case ICMP -> new int[] {8, 0};
      case ICMPV6 -> new int[] {128, 129};
      case TCP, UDP -> new int[] {0};
    };
  }

  /** The kernel looks a tuple up in both directions, whichever attribute it comes in. */
  static void tuple(NetlinkRequest request, FlowKey key, int icmpType) {
    boolean ipv4 = key.source().isIpv4();
    byte[] source = key.source().toBytes();
    byte[] destination = key.destination().toBytes();
    request.nested(
        TUPLE_ORIGINAL,
        tuple -> {
          tuple.nested(
              TUPLE_IP,
              ip ->
                  ip.attribute(ipv4 ? IP4_SOURCE : IP6_SOURCE, source)
                      .attribute(ipv4 ? IP4_DESTINATION : IP6_DESTINATION, destination));
          tuple.nested(TUPLE_PROTOCOL, protocol -> protocol(protocol, key, icmpType));
        });
  }

  private static void protocol(NetlinkRequest request, FlowKey key, int icmpType) {
    request.attribute(PROTOCOL_NUMBER, new byte[] {(byte) key.protocol().number()});
    if (key.protocol().isIcmp()) {
      int first = key.protocol() == Protocol.ICMP ? ICMP_ID : ICMPV6_ID;
      request
          .attribute(first, bigEndian(key.sourcePort()))
          .attribute(first + 1, new byte[] {(byte) icmpType})
          .attribute(first + 2, new byte[] {0});
    } else {
      request
          .attribute(SOURCE_PORT, bigEndian(key.sourcePort()))
          .attribute(DESTINATION_PORT, bigEndian(key.destinationPort()));
    }
  }

  private static byte[] bigEndian(int port) {
    return new byte[] {(byte) (port >> 8), (byte) port};
  }

  /** A dump of one protocol's entries alone; kernels before 5.8 do not know CTA_FILTER. */
  static void only(NetlinkRequest request, Protocol protocol) {
    byte[] number = {(byte) protocol.number()};
    byte[] flags =
        ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(COMPARE_PROTOCOL).array();
    request
        .nested(
            TUPLE_ORIGINAL,
            tuple -> tuple.nested(TUPLE_PROTOCOL, l4 -> l4.attribute(PROTOCOL_NUMBER, number)))
        .nested(FILTER, filter -> filter.attribute(FILTER_ORIGINAL, flags));
  }

  /** Whether an entry is UDP and neither port of its original tuple is one of these. */
  static boolean isUdpBut(IntPredicate ports, NetlinkAttributes all)
      throws MalformedNetlinkException {
    NetlinkAttributes l4 = all.nested(TUPLE_ORIGINAL).nested(TUPLE_PROTOCOL);
    return l4.u8(PROTOCOL_NUMBER, 0) == Protocol.UDP.number()
        && !ports.test(l4.u16be(DESTINATION_PORT, 0))
        && !ports.test(l4.u16be(SOURCE_PORT, 0));
  }

  /** When an entry was made, in epoch nanoseconds; 0 when the kernel does not say. */
  static long startNs(NetlinkAttributes all) throws MalformedNetlinkException {
    return all.nested(TIMESTAMP).u64be(TIMESTAMP_START, 0);
  }

  static NetlinkAttributes attributes(NetlinkMessage message) throws MalformedNetlinkException {
    return message.attributes(NFGENMSG_BYTES);
  }

  /** Empty for a protocol that we do not follow. */
  static Optional<ConntrackEntry> decode(NetlinkMessage message) throws MalformedNetlinkException {
    return decode(attributes(message));
  }

  static Optional<ConntrackEntry> decode(NetlinkAttributes all) throws MalformedNetlinkException {
    Optional<FlowKey> original = key(all.nested(TUPLE_ORIGINAL));
    Optional<FlowKey> reply = key(all.nested(TUPLE_REPLY));
    if (original.isEmpty() || reply.isEmpty()) {
      return Optional.empty();
    }
    int status = all.u32be(STATUS, 0);
    NetlinkAttributes tcp = all.nested(PROTOCOL_INFO).nested(INFO_TCP);
    return Optional.of(
        new ConntrackEntry(
            original.get(),
            reply.get(),
            all.u32be(MARK, 0),
            (status & ASSURED) != 0,
            (status & SEEN_REPLY) != 0,
            Integer.toUnsignedLong(all.u32be(TIMEOUT, 0)),
            TcpState.ofNumber(tcp.u8(INFO_TCP_STATE, -1)),
            icmp(original.get().protocol(), all),
            accounting(all),
            all.u32be(USE, 0)));
  }

  private static Optional<FlowKey> key(NetlinkAttributes tuple) throws MalformedNetlinkException {
    NetlinkAttributes ip = tuple.nested(TUPLE_IP);
    NetlinkAttributes l4 = tuple.nested(TUPLE_PROTOCOL);
    Optional<Protocol> protocol = Protocol.ofNumber(l4.u8(PROTOCOL_NUMBER, 0));
    Optional<IpAddress> source = either(ip, IP4_SOURCE, IP6_SOURCE);
    Optional<IpAddress> destination = either(ip, IP4_DESTINATION, IP6_DESTINATION);
    if (protocol.isEmpty() || source.isEmpty() || destination.isEmpty()) {
      return Optional.empty();
    }
    int idAttribute = protocol.get() == Protocol.ICMP ? ICMP_ID : ICMPV6_ID;
    boolean icmp = protocol.get().isIcmp();
    int sourcePort = l4.u16be(icmp ? idAttribute : SOURCE_PORT, 0);
    int destinationPort = l4.u16be(icmp ? idAttribute : DESTINATION_PORT, 0);
    return Optional.of(
        new FlowKey(protocol.get(), source.get(), sourcePort, destination.get(), destinationPort));
  }

  private static Optional<IpAddress> either(NetlinkAttributes ip, int first, int second)
      throws MalformedNetlinkException {
    Optional<IpAddress> found = ip.address(first);
    return found.isPresent() ? found : ip.address(second);
  }

  private static Optional<ConntrackEntry.Accounting> accounting(NetlinkAttributes all)
      throws MalformedNetlinkException {
    NetlinkAttributes original = all.nested(COUNTERS_ORIGINAL);
    NetlinkAttributes reply = all.nested(COUNTERS_REPLY);
    long originalPackets = original.u64be(COUNTER_PACKETS, ABSENT);
    return originalPackets == ABSENT
        ? Optional.empty()
        : Optional.of(
            new ConntrackEntry.Accounting(
                originalPackets,
                original.u64be(COUNTER_BYTES, 0),
                reply.u64be(COUNTER_PACKETS, 0),
                reply.u64be(COUNTER_BYTES, 0)));
  }

  private static Optional<ConntrackEntry.IcmpTypes> icmp(Protocol protocol, NetlinkAttributes all)
      throws MalformedNetlinkException {
    if (!protocol.isIcmp()) {
      return Optional.empty();
    }
    int type = (protocol == Protocol.ICMP ? ICMP_ID : ICMPV6_ID) + 1;
    NetlinkAttributes original = all.nested(TUPLE_ORIGINAL).nested(TUPLE_PROTOCOL);
    NetlinkAttributes reply = all.nested(TUPLE_REPLY).nested(TUPLE_PROTOCOL);
    return Optional.of(
        new ConntrackEntry.IcmpTypes(
            original.u8(type, 0), reply.u8(type, 0), original.u8(type + 1, 0)));
  }
}
