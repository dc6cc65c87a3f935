package io.podhop.agent.decode;

import static io.podhop.agent.decode.Frames.ETHERNET;
import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.hex;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.join;
import static io.podhop.agent.decode.Frames.tagged;
import static io.podhop.agent.decode.Frames.tcp;
import static io.podhop.agent.decode.Frames.udp;
import static io.podhop.agent.decode.Frames.vxlan;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class TunnelDecoderTest {
  private static final String NODE_A = "192.0.2.1";
  private static final String NODE_B = "192.0.2.2";
  private static final String POD_A = "10.244.1.2";
  private static final String POD_B = "10.244.2.3";
  private static final int HAS_VNI = 8;
  private static final byte[] POD_PACKET =
      ip(POD_A, POD_B, 6, tcp(4000, 5432, 77, 1, PacketView.ACK, new byte[10]));

  private final PacketView view = new PacketView();

  @Test
  void vxlan_onBothPorts_innerPacketIsShownAndOuterTold() {
    for (int port : new int[] {4789, 8472}) {
      byte[] frame = vxlanFrame(port, vxlan(HAS_VNI, 0xabcdef, ethernet(POD_PACKET)));

      assertThat(decode(frame)).isEqualTo(DecodeStatus.OK);

      assertThat(view.tunnel()).isEqualTo(Tunnel.VXLAN);
      assertThat(view.vni()).isEqualTo(0xabcdef);
      assertOuter(NODE_A, NODE_B);
      assertPodPacket();
    }
  }

  @Test
  void vxlanOverIpv6_ofTaggedFrame_vlanIsTheInnerOne() {
    byte[] inner = tagged(0x8100, 5, 0x0800, POD_PACKET);
    byte[] outer = ip("fd00::a", "fd00::b", 17, udp(3, 4789, vxlan(HAS_VNI, 0, inner)));

    decode(tagged(0x8100, 900, 0x86dd, outer));
    assertThat(view.vlanId()).isEqualTo(5);
    assertThat(view.outerVlanId()).isEqualTo(-1);
    assertThat(view.vni()).isZero();
    assertOuter("fd00::a", "fd00::b");
    assertPodPacket();

    outer = ip("fd00::a", "fd00::b", 17, udp(3, 4789, vxlan(HAS_VNI, 0, ethernet(POD_PACKET))));
    decode(tagged(0x8100, 900, 0x86dd, outer));
    assertThat(view.vlanId()).as("of an inner frame without a tag").isEqualTo(-1);
  }

  @Test
  void ipInIp_ofEachVersion_innerPacketIsShownAndOuterTold() {
    assertThat(decode(ethernet(ip(NODE_A, NODE_B, 4, POD_PACKET)))).isEqualTo(DecodeStatus.OK);
    assertThat(view.tunnel()).isEqualTo(Tunnel.IP_IN_IP);
    assertThat(view.vni()).isEqualTo(-1);
    assertOuter(NODE_A, NODE_B);
    assertPodPacket();

    byte[] inner6 = ip("fd00::1", "fd00::2", 17, udp(5, 6, new byte[3]));
    assertThat(decode(tagged(0x8100, 7, 0x0800, ip(NODE_A, NODE_B, 41, inner6))))
        .isEqualTo(DecodeStatus.OK);
    assertThat(view.tunnel()).isEqualTo(Tunnel.IP_IN_IP);
    assertOuter(NODE_A, NODE_B);
    assertThat(view.flowKey()).contains(key(Protocol.UDP, "fd00::1", 5, "fd00::2", 6));
    assertThat(view.vlanId()).as("of the frame around").isEqualTo(7);
  }

  @Test
  void innerPacketOfUnfollowedProtocol_isToldAsUnsupportedInner() {
    byte[] sctp = ip(POD_A, POD_B, 132, new byte[12]);

    assertThat(decode(vxlanFrame(4789, vxlan(HAS_VNI, 1, ethernet(sctp)))))
        .isEqualTo(DecodeStatus.UNSUPPORTED);
    assertThat(view.tunnel()).isEqualTo(Tunnel.VXLAN);
    assertThat(view.sourceLow()).isEqualTo(IpAddress.parse(POD_A).low());
    assertThat(view.hasTransport()).isFalse();
  }

  @Test
  void nextPacketWithoutTunnel_tellsNothingOfTheOneBefore() {
    decode(vxlanFrame(4789, vxlan(HAS_VNI, 1, ethernet(POD_PACKET))));

    decode(ethernet(POD_PACKET));

    assertThat(view.tunnel()).isEqualTo(Tunnel.NONE);
    assertThat(view.vni()).isEqualTo(-1);
    assertThat(view.outerSourceLow()).isZero();
    assertPodPacket();
  }

  @Test
  void vxlanPort_withoutVniFlag_staysPlainUdp() {
    assertPlainUdp(vxlanFrame(4789, vxlan(0x80, 1, ethernet(POD_PACKET))));
    assertPlainUdp(vxlanFrame(4789, hex("08000000")));
    assertPlainUdp(vxlanFrame(4789, vxlan(HAS_VNI, 1, new byte[0])));
  }

  @Test
  void vxlanTowardsAnotherPort_staysPlainUdp() {
    byte[] payload = vxlan(HAS_VNI, 1, ethernet(POD_PACKET));
    decode(ethernet(ip(NODE_A, NODE_B, 17, udp(4789, 33333, payload))));
    assertThat(view.tunnel()).isEqualTo(Tunnel.NONE);
    assertThat(view.flowKey()).contains(key(Protocol.UDP, NODE_A, 4789, NODE_B, 33333));
  }

  @Test
  void innerFrameUnreadable_outerPacketStandsForItself() {
    byte[] badIp = POD_PACKET.clone();
    badIp[0] = 0x42;
    byte[] longerThanItsCarrier = POD_PACKET.clone();
    longerThanItsCarrier[3]++;
    assertPlainUdp(vxlanFrame(4789, vxlan(HAS_VNI, 1, ethernet(badIp))));
    assertPlainUdp(vxlanFrame(4789, vxlan(HAS_VNI, 1, ethernet(longerThanItsCarrier))));
    assertPlainUdp(vxlanFrame(4789, vxlan(HAS_VNI, 1, ethernet(0x0806, new byte[28]))));

    byte[] badIpInIp = ethernet(ip(NODE_A, NODE_B, 4, badIp));
    assertThat(decode(badIpInIp)).isEqualTo(DecodeStatus.UNSUPPORTED);
    assertOuterStandsAlone();
    byte[] wrongVersion = ethernet(ip(NODE_A, NODE_B, 41, POD_PACKET));
    assertThat(decode(wrongVersion)).isEqualTo(DecodeStatus.UNSUPPORTED);
    assertOuterStandsAlone();
  }

  @Test
  void everyPrefixOfATaggedTunnelFrame_isOuterOrTheWholeInner() {
    byte[] inner = tagged(0x8100, 5, 0x0800, POD_PACKET);
    byte[] outer = ip(NODE_A, NODE_B, 17, udp(33333, 4789, vxlan(HAS_VNI, 1, inner)));
    byte[] frame = tagged(0x8100, 900, 0x0800, outer);
    int innerTransportEnds = frame.length - 10;
    for (int length = 18 + 28; length < frame.length; length++) {
      byte[] prefix = Arrays.copyOf(frame, length);
      DecodeStatus status = Decoder.decode(ETHERNET, prefix, 0, length, frame.length, view);
      assertThat(status).as("first %d bytes", length).isEqualTo(DecodeStatus.OK);
      if (length < innerTransportEnds) {
        assertOuterStandsAlone();
        assertThat(view.vlanId()).isEqualTo(900);
        assertThat(view.destinationPort()).isEqualTo(4789);
      } else {
        assertPodPacket();
        assertThat(view.vlanId()).isEqualTo(5);
      }
    }
  }

  @Test
  void tunnelInATunnel_isNotEntered() {
    byte[] second = ip(POD_A, POD_B, 17, udp(9, 4789, vxlan(HAS_VNI, 2, ethernet(POD_PACKET))));
    decode(vxlanFrame(4789, vxlan(HAS_VNI, 1, ethernet(second))));
    assertThat(view.vni()).isEqualTo(1);
    assertThat(view.flowKey()).contains(key(Protocol.UDP, POD_A, 9, POD_B, 4789));

    byte[] ipInIp = ip(POD_A, POD_B, 4, POD_PACKET);
    assertThat(decode(vxlanFrame(4789, vxlan(HAS_VNI, 1, ethernet(ipInIp)))))
        .isEqualTo(DecodeStatus.UNSUPPORTED);
    assertThat(view.protocolNumber()).isEqualTo(4);
    assertOuter(NODE_A, NODE_B);
  }

  @Test
  void fragmentsOfTheOuterPacket_standForThemselves() {
    byte[] payload = udp(33333, 4789, vxlan(HAS_VNI, 1, ethernet(POD_PACKET)));
    byte[] first = ip(NODE_A, NODE_B, 17, Arrays.copyOf(payload, 64));
    first[6] = 0x20;
    assertPlainUdp(ethernet(first));

    byte[] later = ip(NODE_A, NODE_B, 17, new byte[64]);
    later[7] = 8;
    assertThat(decode(ethernet(later))).isEqualTo(DecodeStatus.OK);
    assertOuterStandsAlone();
  }

  @Test
  void innerGiantWithoutLength_isMeasuredByItsCarrier() {
    byte[] giant = POD_PACKET.clone();
    giant[2] = 0;
    giant[3] = 0;

    decode(join(vxlanFrame(4789, vxlan(HAS_VNI, 1, ethernet(giant))), new byte[6]));

    assertPodPacket();
  }

  private void assertPlainUdp(byte[] frame) {
    assertThat(decode(frame)).isEqualTo(DecodeStatus.OK);
    assertOuterStandsAlone();
    assertThat(view.flowKey()).contains(key(Protocol.UDP, NODE_A, 33333, NODE_B, 4789));
    assertThat(view.vlanId()).isEqualTo(-1);
  }

  private void assertOuterStandsAlone() {
    assertThat(view.tunnel()).isEqualTo(Tunnel.NONE);
    assertThat(view.vni()).isEqualTo(-1);
    assertThat(view.outerDestinationLow()).isZero();
    assertThat(view.sourceLow()).isEqualTo(IpAddress.parse(NODE_A).low());
    assertThat(view.destinationLow()).isEqualTo(IpAddress.parse(NODE_B).low());
    assertThat(view.hasTransport()).isEqualTo(view.destinationPort() == 4789);
  }

  private void assertPodPacket() {
    assertThat(view.flowKey()).contains(key(Protocol.TCP, POD_A, 4000, POD_B, 5432));
    assertThat(view.tcpSequence()).isEqualTo(77);
    assertThat(view.payloadLength()).isEqualTo(10);
    assertThat(view.ipLength()).isEqualTo(50);
  }

  private void assertOuter(String source, String destination) {
    assertThat(new IpAddress(view.outerSourceHigh(), view.outerSourceLow()))
        .isEqualTo(IpAddress.parse(source));
    assertThat(new IpAddress(view.outerDestinationHigh(), view.outerDestinationLow()))
        .isEqualTo(IpAddress.parse(destination));
  }

  private static byte[] vxlanFrame(int port, byte[] payload) {
    return ethernet(ip(NODE_A, NODE_B, 17, udp(33333, port, payload)));
  }

  private DecodeStatus decode(byte[] frame) {
    return Decoder.decode(ETHERNET, frame, 0, frame.length, frame.length, view);
  }

  private static FlowKey key(Protocol protocol, String from, int port, String to, int toPort) {
    return new FlowKey(protocol, IpAddress.parse(from), port, IpAddress.parse(to), toPort);
  }
}
