package io.podhop.agent.decode;

import static io.podhop.agent.decode.Frames.ETHERNET;
import static io.podhop.agent.decode.Frames.echo;
import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.hex;
import static io.podhop.agent.decode.Frames.icmp;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.join;
import static io.podhop.agent.decode.Frames.tagged;
import static io.podhop.agent.decode.Frames.tcp;
import static io.podhop.agent.decode.Frames.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import org.junit.jupiter.api.Test;

class DecoderTest {
  private static final String POD_A = "192.168.1.21";
  private static final String POD_B = "192.168.33.7";
  private static final byte[] SYN_OPTIONS = hex("020405b4 0402 080a 89abcdef 00000001 01 030307");

  private final PacketView view = new PacketView();

  @Test
  void tcpSyn_withOptions_hasEveryField() {
    byte[] syn = tcp(40112, 5432, 0xfedcba98L, 0, PacketView.SYN, SYN_OPTIONS);

    assertThat(decode(ethernet(ip(POD_A, POD_B, 6, syn)))).isEqualTo(DecodeStatus.OK);

    assertThat(view.flowKey()).contains(key(Protocol.TCP, POD_A, 40112, POD_B, 5432));
    assertThat(view.ipVersion()).isEqualTo(4);
    assertThat(view.ttl()).isEqualTo(63);
    assertThat(view.ipId()).isEqualTo(0x1234);
    assertThat(view.dontFragment()).isTrue();
    assertThat(view.ipLength()).isEqualTo(60);
    assertThat(view.tcpSequence()).isEqualTo(0xfedcba98L);
    assertThat(view.tcpAcknowledgment()).isZero();
    assertThat(view.tcpFlags()).isEqualTo(PacketView.SYN);
    assertThat(view.tcpWindow()).isEqualTo(0xfaf0);
    assertThat(view.tcpHeaderLength()).isEqualTo(40);
    assertThat(view.payloadLength()).isZero();
    assertThat(view.tcpMss()).isEqualTo(1460);
    assertThat(view.tcpSackPermitted()).isTrue();
    assertThat(view.tcpTimestampValue()).isEqualTo(0x89abcdefL);
    assertThat(view.tcpTimestampEcho()).isEqualTo(1);
    assertThat(view.tcpWindowScale()).isEqualTo(7);
    assertThat(view.vlanId()).isEqualTo(-1);
  }

  @Test
  void view_reusedForPlainUdp_keepsNothingOfThePacketBefore() {
    decode(ethernet(ip(POD_A, POD_B, 6, tcp(1, 2, 3, 4, PacketView.SYN, SYN_OPTIONS))));

    assertThat(decode(ethernet(ip(POD_B, POD_A, 17, udp(9, 10, new byte[5])))))
        .isEqualTo(DecodeStatus.OK);

    assertThat(view.flowKey()).contains(key(Protocol.UDP, POD_B, 9, POD_A, 10));
    assertThat(view.payloadLength()).isEqualTo(5);
    assertThat(view.tcpFlags()).isZero();
    assertThat(view.tcpSequence()).isEqualTo(-1);
    assertThat(view.tcpMss()).isEqualTo(-1);
    assertThat(view.tcpSackPermitted()).isFalse();
    assertThat(view.hasDns()).isFalse();
  }

  @Test
  void tcpData_paddedToMinimumFrame_countsPayloadByIpLength() {
    byte[] frame =
        join(
            ethernet(ip(POD_A, POD_B, 6, tcp(1, 2, 3, 4, PacketView.ACK, hex("aa")))), new byte[5]);

    decode(frame);

    assertThat(view.payloadLength()).isEqualTo(1);
  }

  @Test
  void ipLengthZero_ofGroGiant_isTakenFromTheWire() {
    byte[] frame = ethernet(ip(POD_A, POD_B, 6, tcp(1, 2, 3, 4, PacketView.ACK, new byte[10])));
    frame[16] = 0;
    frame[17] = 0;

    assertThat(Decoder.decode(ETHERNET, frame, 0, frame.length, 14 + 40 + 150_000, view))
        .isEqualTo(DecodeStatus.OK);
    assertThat(view.payloadLength()).isEqualTo(150_000);
    assertThat(view.ipLength()).isEqualTo(150_040);
  }

  @Test
  void ipLengthZero_withImpossibleWireLength_isTakenFromTheCapture() {
    byte[] frame = ethernet(ip(POD_A, POD_B, 6, tcp(1, 2, 3, 4, PacketView.ACK, new byte[10])));
    frame[16] = 0;
    frame[17] = 0;
    for (int wire : new int[] {Integer.MIN_VALUE, -1, 0, 63}) {
      assertThat(Decoder.decode(ETHERNET, frame, 0, frame.length, wire, view))
          .isEqualTo(DecodeStatus.OK);
      assertThat(view.payloadLength()).as("wire length %d", wire).isEqualTo(10);
    }
    Decoder.decode(ETHERNET, frame, 0, frame.length, Integer.MAX_VALUE, view);
    assertThat(view.payloadLength()).isEqualTo(Integer.MAX_VALUE - 14 - 40);
  }

  @Test
  void ipv6LengthZero_ofGiantWithAndWithoutJumboOption_isTakenFromTheWire() {
    byte[] segment = tcp(1, 2, 3, 4, PacketView.ACK, new byte[10]);
    byte[] jumbo = join(hex("06 00 c204 000249f0"), segment);
    byte[][] frames = {
      ethernet(ip("fd00::1", "fd00::2", 6, segment)), ethernet(ip("fd00::1", "fd00::2", 0, jumbo))
    };
    for (byte[] frame : frames) {
      frame[18] = 0;
      frame[19] = 0;
      int extension = frame.length - 14 - 40 - segment.length;
      int wire = 14 + 40 + extension + 20 + 150_000;

      assertThat(Decoder.decode(ETHERNET, frame, 0, frame.length, wire, view))
          .isEqualTo(DecodeStatus.OK);
      assertThat(view.payloadLength()).isEqualTo(150_000);
      assertThat(view.ipLength()).isEqualTo(wire - 14);
    }
  }

  @Test
  void ipv4WithOptions_transportIsFoundBehindThem() {
    byte[] packet =
        join(hex("46000020 00010000 40110000 c0a80115 c0a82107 94040000"), udp(7, 8, new byte[0]));

    assertThat(decode(ethernet(packet))).isEqualTo(DecodeStatus.OK);
    assertThat(view.flowKey()).contains(key(Protocol.UDP, POD_A, 7, POD_B, 8));
    assertThat(view.dontFragment()).isFalse();
  }

  @Test
  void laterFragment_hasAddressesButNoPorts() {
    byte[] packet = ip(POD_A, POD_B, 17, new byte[32]);
    packet[6] = 0x20;
    packet[7] = 5;

    assertThat(decode(ethernet(packet))).isEqualTo(DecodeStatus.OK);
    assertThat(view.hasTransport()).isFalse();
    assertThat(view.flowKey()).isEmpty();
    assertThat(view.fragmentOffsetBytes()).isEqualTo(40);
    assertThat(view.moreFragments()).isTrue();
  }

  @Test
  void ipv6ExtensionHeaders_areSkipped() {
    byte[] udp = udp(1000, 2000, new byte[3]);
    byte[] hopByHop = hex("2b 00 0104 00000000");
    byte[] routing = hex("2c 00 00 00 00000000");
    byte[] fragment = hex("3c 00 0001 0000abcd");
    byte[] destination = hex("11 00 0104 00000000");

    assertThat(
            decode(
                ethernet(
                    ip(
                        "2001:db8::1",
                        "2001:db8::2",
                        0,
                        join(hopByHop, routing, fragment, destination, udp)))))
        .isEqualTo(DecodeStatus.OK);

    assertThat(view.flowKey())
        .contains(key(Protocol.UDP, "2001:db8::1", 1000, "2001:db8::2", 2000));
    assertThat(view.ipId()).isEqualTo(0xabcd);
    assertThat(view.moreFragments()).isTrue();
    assertThat(view.ttl()).isEqualTo(63);
    assertThat(view.payloadLength()).isEqualTo(3);
  }

  @Test
  void vlanTags_singleAndDouble_innermostIdIsKept() {
    byte[] packet = ip(POD_A, POD_B, 17, udp(1, 2, new byte[0]));

    assertThat(decode(tagged(0x8100, 0x6007, 0x0800, packet))).isEqualTo(DecodeStatus.OK);
    assertThat(view.vlanId()).isEqualTo(7);
    assertThat(view.outerVlanId()).isEqualTo(-1);

    byte[] inner = join(Frames.u16(9), Frames.u16(0x0800), packet);
    assertThat(decode(tagged(0x88a8, 100, 0x8100, inner))).isEqualTo(DecodeStatus.OK);
    assertThat(view.vlanId()).isEqualTo(9);
    assertThat(view.outerVlanId()).isEqualTo(100);
    assertThat(view.flowKey()).contains(key(Protocol.UDP, POD_A, 1, POD_B, 2));
  }

  @Test
  void otherLinkTypes_cookedAndRaw_areRead() {
    byte[] packet = ip(POD_A, POD_B, 17, udp(1, 2, new byte[0]));
    byte[] cooked = join(hex("0000 0001 0006 0200 0000 000a 0000 0800"), packet);
    byte[] cooked2 = join(hex("0800 0000 00000003 0001 00 06 020000000000 0000"), packet);

    assertThat(decode(113, cooked)).isEqualTo(DecodeStatus.OK);
    assertThat(view.sourcePort()).isEqualTo(1);
    assertThat(decode(276, cooked2)).isEqualTo(DecodeStatus.OK);
    assertThat(view.sourcePort()).isEqualTo(1);
    assertThat(decode(12, packet)).isEqualTo(DecodeStatus.OK);
    assertThat(view.sourcePort()).isEqualTo(1);
    assertThat(decode(147, packet)).isEqualTo(DecodeStatus.UNSUPPORTED);
  }

  @Test
  void echo_identifierStandsForBothPorts() {
    decode(ethernet(ip(POD_A, POD_B, 1, echo(8, 0x1f2e, 513))));

    assertThat(view.isEchoRequest()).isTrue();
    assertThat(view.echoSequence()).isEqualTo(513);
    assertThat(view.flowKey()).contains(key(Protocol.ICMP, POD_A, 0x1f2e, POD_B, 0x1f2e));

    decode(ethernet(ip("fd00::1", "fd00::2", 58, echo(129, 3, 4))));
    assertThat(view.isEchoReply()).isTrue();
    assertThat(view.flowKey()).contains(key(Protocol.ICMPV6, "fd00::1", 3, "fd00::2", 3));
  }

  @Test
  void icmpFragmentationNeeded_quotesTheTcpSegment() {
    byte[] quoted = ip(POD_A, POD_B, 6, tcp(40112, 443, 77, 1, PacketView.ACK, new byte[0]));
    byte[] error = icmp(3, 4, 1500, java.util.Arrays.copyOf(quoted, 28));

    assertThat(decode(ethernet(ip("192.168.0.1", POD_A, 1, error)))).isEqualTo(DecodeStatus.OK);

    assertThat(view.hasQuote()).isTrue();
    assertThat(view.icmpMtu()).isEqualTo(1500);
    assertThat(view.quote().protocolNumber()).isEqualTo(6);
    assertThat(view.quote().sourceLow()).isEqualTo(IpAddress.parse(POD_A).low());
    assertThat(view.quote().destinationLow()).isEqualTo(IpAddress.parse(POD_B).low());
    assertThat(view.quote().sourcePort()).isEqualTo(40112);
    assertThat(view.quote().destinationPort()).isEqualTo(443);
    assertThat(view.quote().tcpSequence()).isEqualTo(77);
  }

  @Test
  void icmpv6PortUnreachable_quotesTheDatagram() {
    byte[] quoted = ip("fd00::1", "fd00::2", 17, udp(5000, 53, Frames.dns(4711, 256, "a.b", 1)));

    decode(ethernet(ip("fd00::2", "fd00::1", 58, icmp(1, 4, 0, quoted))));

    assertThat(view.hasQuote()).isTrue();
    assertThat(view.quote().destinationPort()).isEqualTo(53);
    assertThat(view.quote().dnsId()).isEqualTo(4711);
  }

  @Test
  void dnsQueryAndAnswer_nameTypeAndRcode() {
    decode(ethernet(ip(POD_A, POD_B, 17, udp(5000, 53, Frames.dns(7, 0x0100, "Db.Shop.svc", 28)))));
    assertThat(view.hasDns()).isTrue();
    assertThat(view.dnsId()).isEqualTo(7);
    assertThat(view.dnsResponse()).isFalse();
    assertThat(view.dnsQuestionType()).isEqualTo(28);
    assertThat(view.questionName()).isEqualTo("Db.Shop.svc");
    int hash = view.dnsQuestionHash();

    decode(ethernet(ip(POD_B, POD_A, 17, udp(53, 5000, Frames.dns(7, 0x8183, "db.shop.SVC", 28)))));
    assertThat(view.dnsResponse()).isTrue();
    assertThat(view.dnsRcode()).isEqualTo(3);
    assertThat(view.dnsQuestionHash()).isEqualTo(hash);
  }

  @Test
  void everyPrefixOfAFrame_isTruncatedNotMisread() {
    byte[] frame = ethernet(ip(POD_A, POD_B, 6, tcp(1, 2, 3, 4, PacketView.SYN, SYN_OPTIONS)));
    int fixedHeadersEnd = 14 + 20 + 20;
    for (int length = 0; length < fixedHeadersEnd; length++) {
      assertThat(Decoder.decode(ETHERNET, frame, 0, length, frame.length, view))
          .as("first %d bytes", length)
          .isEqualTo(DecodeStatus.TRUNCATED);
    }
  }

  @Test
  void contradictingHeaders_areMalformed() {
    byte[] shortHeader = ethernet(ip(POD_A, POD_B, 6, tcp(1, 2, 3, 4, 0, new byte[0])));
    shortHeader[14] = 0x44;
    assertThat(decode(shortHeader)).isEqualTo(DecodeStatus.MALFORMED);

    byte[] tcpHeader = ethernet(ip(POD_A, POD_B, 6, tcp(1, 2, 3, 4, 0, new byte[0])));
    tcpHeader[14 + 20 + 12] = 0x10;
    assertThat(decode(tcpHeader)).isEqualTo(DecodeStatus.MALFORMED);

    assertThat(decode(ethernet(0x0800, hex("75000000")))).isEqualTo(DecodeStatus.MALFORMED);
  }

  @Test
  void arpAndUnknownTransport_areToldApart() {
    assertThat(decode(ethernet(0x0806, new byte[28]))).isEqualTo(DecodeStatus.NOT_IP);
    assertThat(decode(ethernet(ip(POD_A, POD_B, 132, new byte[12]))))
        .isEqualTo(DecodeStatus.UNSUPPORTED);
    assertThat(DecodeStatus.NOT_IP.isUndecoded()).isFalse();
    assertThat(DecodeStatus.UNSUPPORTED.isUndecoded()).isTrue();
  }

  private DecodeStatus decode(byte[] frame) {
    return decode(ETHERNET, frame);
  }

  private DecodeStatus decode(int linkType, byte[] frame) {
    return Decoder.decode(linkType, frame, 0, frame.length, frame.length, view);
  }

  private static FlowKey key(Protocol protocol, String from, int port, String to, int toPort) {
    return new FlowKey(protocol, IpAddress.parse(from), port, IpAddress.parse(to), toPort);
  }
}
