package io.podhop.agent.decode;

import static io.podhop.agent.decode.Frames.ETHERNET;
import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.hex;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.segment;
import static io.podhop.agent.decode.Frames.u32;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TcpOptionsTest {
  private static final int TCP_AT = 14 + 20;

  private final PacketView view = new PacketView();

  @Test
  void sackBlocks_oneToFour_edgesAreRead() {
    for (int blocks = 1; blocks <= 4; blocks++) {
      byte[] option = new byte[0];
      for (int i = 0; i < blocks; i++) {
        option = Frames.join(option, u32(0xffff_ff00L + i), u32(0x10 + i));
      }
      decode(Frames.join(hex("0101 05"), new byte[] {(byte) (2 + 8 * blocks)}, option));

      assertThat(view.tcpSackBlocks()).isEqualTo(blocks);
      for (int i = 0; i < blocks; i++) {
        assertThat(view.tcpSackLeft(i)).isEqualTo(0xffff_ff00L + i);
        assertThat(view.tcpSackRight(i)).isEqualTo(0x10 + i);
      }
      assertThat(view.tcpSackLeft(blocks)).isEqualTo(-1);
      assertThat(view.tcpSackRight(-1)).isEqualTo(-1);
    }
  }

  @Test
  void sackBesideTimestamps_bothAreRead() {
    decode(hex("0101080a 00000007 00000009 0101 050a 00000064 000000c8"));

    assertThat(view.tcpTimestampValue()).isEqualTo(7);
    assertThat(view.tcpTimestampEcho()).isEqualTo(9);
    assertThat(view.tcpSackBlocks()).isEqualTo(1);
    assertThat(view.tcpSackLeft(0)).isEqualTo(100);
    assertThat(view.tcpSackRight(0)).isEqualTo(200);
  }

  @Test
  void sackOfImpossibleLength_hasNoBlocks() {
    decode(hex("0101 0509 00000064 000000"));
    assertThat(view.tcpSackBlocks()).isZero();
    decode(hex("0101 0502"));
    assertThat(view.tcpSackBlocks()).isZero();
    decode(hex("0101 050a 00000064"));
    assertThat(view.tcpSackBlocks()).isZero();
    assertThat(view.optionsTruncated()).as("cut by the sender, not by us").isFalse();
  }

  @Test
  void segmentAfterOneWithSack_hasNone() {
    decode(hex("0101 050a 00000064 000000c8"));

    decode(new byte[0]);

    assertThat(view.tcpSackBlocks()).isZero();
    assertThat(view.tcpSackLeft(0)).isEqualTo(-1);
  }

  @Test
  void headerCutInItsOptions_isOkAndTellsTheWholeOptions() {
    byte[] syn = segment(1, 2, 2, hex("020405b4 0402 080a 89abcdef 00000001 01 030307"), hex("aa"));
    byte[] frame = ethernet(ip("10.0.0.1", "10.0.0.2", 6, syn));
    for (int length = TCP_AT + 20; length <= frame.length; length++) {
      assertThat(Decoder.decode(ETHERNET, frame, 0, length, frame.length, view))
          .as("first %d bytes", length)
          .isEqualTo(DecodeStatus.OK);
      int options = length - TCP_AT - 20;
      assertThat(view.optionsTruncated()).isEqualTo(options < 20);
      assertThat(view.tcpFlags()).isEqualTo(PacketView.SYN);
      assertThat(view.sourcePort()).isEqualTo(1);
      assertThat(view.payloadLength()).isEqualTo(1);
      assertThat(view.tcpHeaderLength()).isEqualTo(40);
      assertThat(view.tcpMss()).isEqualTo(options < 4 ? -1 : 1460);
      assertThat(view.tcpSackPermitted()).isEqualTo(options >= 6);
      assertThat(view.tcpTimestampValue()).isEqualTo(options < 16 ? -1 : 0x89abcdefL);
      assertThat(view.tcpWindowScale()).isEqualTo(options < 20 ? -1 : 7);
    }
  }

  @Test
  void packetOfAnotherProtocol_hasNoTcpFields() {
    decode(hex("0101 050a 00000064 000000c8"));
    byte[] udp = ethernet(ip("10.0.0.1", "10.0.0.2", 17, Frames.udp(1, 2, new byte[0])));

    Decoder.decode(ETHERNET, udp, 0, udp.length, udp.length, view);

    assertThat(view.tcpSackBlocks()).isZero();
    assertThat(view.optionsTruncated()).isFalse();
    assertThat(view.tcpWindow()).isEqualTo(-1);
    assertThat(view.tcpTimestampValue()).isEqualTo(-1);
  }

  private void decode(byte[] options) {
    byte[] tcp = segment(40000, 443, PacketView.ACK, options, new byte[0]);
    byte[] frame = ethernet(ip("10.0.0.1", "10.0.0.2", 6, tcp));
    assertThat(Decoder.decode(ETHERNET, frame, 0, frame.length, frame.length, view))
        .isEqualTo(DecodeStatus.OK);
  }
}
