package io.podhop.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NetlinkSocketTest {
  private static final int RTM_GETLINK = 18;
  private static final int IFINFOMSG_BYTES = 16;
  private static final int LOOPBACK_INDEX = 1;
  private static final int RTNLGRP_LINK = 1;
  private static final int CONNTRACK_GET = 0x101;
  private static final int NFGENMSG_BYTES = 4;

  private final LinuxCounters counters = new LinuxCounters();

  @Test
  void request_oneLink_answeredOnce() throws IOException {
    List<NetlinkMessage> answers = new ArrayList<>();
    try (NetlinkSocket socket = NetlinkSocket.open(NetlinkSocket.NETLINK_ROUTE)) {
      socket.request(getLink(LOOPBACK_INDEX), message -> answers.add(message.copy()));
    }

    assertThat(answers).hasSize(1);
    assertThat(Link.parse(answers.getFirst()).name()).isEqualTo("lo");
  }

  @Test
  void request_noSuchLink_typedErrorAndSocketStaysUsable() throws IOException {
    try (NetlinkSocket socket = NetlinkSocket.open(NetlinkSocket.NETLINK_ROUTE)) {
      assertThatThrownBy(() -> socket.request(getLink(987_654), message -> {}))
          .isInstanceOf(LinuxException.class)
          .hasMessageContaining("ENODEV");

      List<Integer> types = new ArrayList<>();
      socket.request(getLink(LOOPBACK_INDEX), message -> types.add(message.type()));
      assertThat(types).hasSize(1);
    }
  }

  @Test
  void receive_event_seenAndThenTimesOut() throws IOException {
    try (TestNamespace namespace = new TestNamespace();
        NamespaceThread thread = new NamespaceThread(counters);
        NetlinkSocket socket =
            thread.inNamespace(
                namespace.path(),
                () -> NetlinkSocket.open(NetlinkSocket.NETLINK_ROUTE, Duration.ofMillis(300)))) {
      socket.receiveBufferBytes(1 << 20);
      socket.join(RTNLGRP_LINK);
      assertThat(socket.receive(message -> {})).isFalse();

      namespace.ip("link", "set", "lo", "mtu", "9001");

      List<Integer> mtus = new ArrayList<>();
      while (socket.receive(message -> mtus.add(Link.parse(message).mtuBytes()))) {}
      assertThat(mtus).contains(9001);
    }
  }

  @Test
  void dump_conntrackOfAnotherNamespace_entryWithItsTuple() throws IOException {
    try (TestNamespace namespace = new TestNamespace();
        NamespaceThread thread = new NamespaceThread(counters);
        NetlinkSocket socket =
            thread.inNamespace(
                namespace.path(), () -> NetlinkSocket.open(NetlinkSocket.NETLINK_NETFILTER))) {
      namespace.exec(
          "conntrack",
          "-I",
          "-p",
          "udp",
          "-s",
          "10.0.0.1",
          "-d",
          "10.0.0.2",
          "--sport",
          "1234",
          "--dport",
          "53",
          "-t",
          "60");

      List<String> tuples = new ArrayList<>();
      NetlinkRequest request =
          new NetlinkRequest(CONNTRACK_GET, 0).u8(IpFamily.IPV4.number()).zeros(3);
      assertThat(socket.dump(request, message -> tuples.add(originalTuple(message)))).isTrue();
      assertThat(tuples).containsExactly("10.0.0.1 1234");
    }
  }

  /** CTA_TUPLE_ORIG holds CTA_TUPLE_IP and CTA_TUPLE_PROTO. */
  private static String originalTuple(NetlinkMessage message) throws IOException {
    NetlinkAttributes tuple = message.attributes(NFGENMSG_BYTES).nested(1);
    return tuple.nested(1).address(1).orElseThrow() + " " + tuple.nested(2).u16be(2, 0);
  }

  @Test
  void links_ofAnotherNamespace_readFromOutside() throws IOException {
    try (TestNamespace namespace = new TestNamespace();
        NamespaceThread thread = new NamespaceThread(counters);
        RtNetlink netlink = thread.inNamespace(namespace.path(), () -> RtNetlink.open(counters))) {
      namespace.ip("link", "add", "eni1", "mtu", "9001", "type", "veth", "peer", "name", "eth0");

      List<Link> links = netlink.links();
      assertThat(links).extracting(Link::name).containsExactlyInAnyOrder("lo", "eni1", "eth0");
      Link veth = links.stream().filter(l -> l.name().equals("eni1")).findFirst().orElseThrow();
      assertThat(veth.kind()).isEqualTo("veth");
      assertThat(veth.mtuBytes()).isEqualTo(9001);
      assertThat(veth.up()).isFalse();
      assertThat(veth.peerNetnsId()).isEqualTo(-1);
      assertThat(links).anyMatch(l -> l.ifindex() == veth.peerIfindex() && l.name().equals("eth0"));
    }
  }

  @Test
  void attributes_writtenAndRead_same() throws MalformedNetlinkException {
    NetlinkRequest request =
        new NetlinkRequest(5, 0)
            .u32(77)
            .attribute(1, new byte[] {1, 2, 3})
            .nested(2, inner -> inner.attribute(9, new byte[] {0, 0, 1, 0}));

    ByteBuffer bytes = request.encoded(1, 4);
    assertThat(bytes.getInt(0)).isEqualTo(bytes.limit());
    ByteBuffer payload =
        bytes.slice(NetlinkRequest.HEADER_BYTES, bytes.limit() - 16).order(bytes.order());
    NetlinkAttributes attributes = new NetlinkMessage(5, 0, 4, payload).attributes(4);
    assertThat(attributes.bytes(1)).containsExactly(1, 2, 3);
    assertThat(attributes.nested(2).u32be(9, 0)).isEqualTo(256);
    assertThat(attributes.has(3)).isFalse();
    assertThat(attributes.u32(3, -5)).isEqualTo(-5);
    assertThatThrownBy(() -> attributes.u32(1, 0)).isInstanceOf(MalformedNetlinkException.class);
    assertThatThrownBy(() -> attributes.address(1)).isInstanceOf(MalformedNetlinkException.class);
  }

  @Test
  void reply_mutatedDatagrams_typedErrorOrAnswer() throws IOException {
    byte[] datagram = linksAsDatagram();
    Random random = new Random(42);
    int refused = 0;
    for (int i = 0; i < 50_000; i++) {
      byte[] mutated = datagram.clone();
      for (int n = 1 + random.nextInt(4); n > 0; n--) {
        mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(256);
      }
      ByteBuffer bytes = ByteBuffer.wrap(mutated, 0, random.nextInt(mutated.length + 1)).slice();
      try {
        new NetlinkReply("mutated", 0, Link::parse).accept(bytes.order(ByteOrder.nativeOrder()));
      } catch (MalformedNetlinkException | LinuxException e) {
        refused++;
      }
    }
    assertThat(refused).isBetween(1, 49_999);
  }

  private static NetlinkRequest getLink(int ifindex) {
    return new NetlinkRequest(RTM_GETLINK, 0).zeros(4).u32(ifindex).zeros(IFINFOMSG_BYTES - 8);
  }

  private byte[] linksAsDatagram() throws IOException {
    ByteBuffer datagram = ByteBuffer.allocate(1 << 20).order(ByteOrder.nativeOrder());
    NetlinkRequest request = new NetlinkRequest(RTM_GETLINK, 0).zeros(IFINFOMSG_BYTES);
    try (NetlinkSocket socket = NetlinkSocket.open(NetlinkSocket.NETLINK_ROUTE)) {
      for (NetlinkMessage message : socket.dumpConsistently(request, counters)) {
        ByteBuffer payload = message.payload();
        datagram.putInt(NetlinkRequest.HEADER_BYTES + payload.limit());
        datagram.putShort((short) message.type()).putShort((short) message.flags());
        datagram.putInt(message.sequence()).putInt(0).put(payload.duplicate());
        datagram.position(datagram.position() + 3 & ~3);
      }
    }
    byte[] bytes = new byte[datagram.position()];
    datagram.get(0, bytes);
    return bytes;
  }
}
