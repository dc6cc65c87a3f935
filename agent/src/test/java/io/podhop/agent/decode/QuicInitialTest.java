package io.podhop.agent.decode;

import static io.podhop.agent.decode.Frames.ETHERNET;
import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.hex;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.join;
import static io.podhop.agent.decode.Frames.quicInitial;
import static io.podhop.agent.decode.Frames.udp;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QuicInitialTest {
  private static final byte[] DCID = hex("8394c8f03e515708");
  private static final byte[] SCID = hex("0a0b0c");

  /** FNV-1a 64 of {@link #DCID}, computed with another implementation. */
  private static final long DCID_HASH = 0xa3c8f732fcd9bf08L;

  private static final byte[] INITIAL = quicInitial(0xc3, 1, DCID, SCID, 1162);

  private final PacketView view = new PacketView();

  @Test
  void initialOfEachVersion_onAnyPort_hasItsConnectionId() {
    for (byte[] initial :
        new byte[][] {
          INITIAL,
          quicInitial(0xd0, 0x6b3343cfL, DCID, SCID, 1162),
          quicInitial(0xc0, 0xff00001dL, DCID, SCID, 1162)
        }) {
      decode(4433, initial);

      assertThat(view.hasQuicInitial()).isTrue();
      assertThat(view.quicConnectionId()).isEqualTo(DCID_HASH);
      assertThat(view.quicConnectionIdLength()).isEqualTo(8);
      assertThat(view.quicSourceConnectionIdLength()).isEqualTo(3);
      assertThat(view.quicConnectionIdText()).isEqualTo("8394c8f03e515708");
    }
    assertThat(view.quicVersion()).isEqualTo(0xff00001dL);
  }

  @Test
  void connectionIdsOfNoLengthAndOfTheMost_areTaken() {
    decode(443, quicInitial(0xc0, 1, new byte[0], new byte[20], 20));
    assertThat(view.hasQuicInitial()).isTrue();
    assertThat(view.quicConnectionIdLength()).isZero();
    assertThat(view.quicSourceConnectionIdLength()).isEqualTo(20);
    assertThat(view.quicConnectionIdText()).isEmpty();

    assertNotInitial("id of 21 bytes", quicInitial(0xc0, 1, new byte[21], SCID, 100));
    assertNotInitial("source id of 21 bytes", quicInitial(0xc0, 1, DCID, new byte[21], 100));
  }

  @Test
  void datagramsThatCannotBeInitial_areNot() {
    assertNotInitial("short header", quicInitial(0x43, 1, DCID, SCID, 100));
    assertNotInitial("no fixed bit", quicInitial(0x83, 1, DCID, SCID, 100));
    assertNotInitial("handshake", quicInitial(0xe3, 1, DCID, SCID, 100));
    assertNotInitial("retry of version 2", quicInitial(0xc3, 0x6b3343cfL, DCID, SCID, 100));
    assertNotInitial("version negotiation", quicInitial(0xc3, 0, DCID, SCID, 100));
    assertNotInitial("unknown version", quicInitial(0xc3, 3, DCID, SCID, 100));
    assertNotInitial("too short to be protected", quicInitial(0xc3, 1, DCID, SCID, 19));
    assertNotInitial("five bytes", hex("c300000001"));
    assertNotInitial("ends in its id", hex("c300000001 08 8394"));
    assertNotInitial("ends behind its ids", hex("c300000001 01 83 00"));
    assertNotInitial(
        "token longer than the datagram", join(hex("c300000001 01 83 00 4fff"), new byte[100]));
    assertNotInitial(
        "longer than the datagram", join(hex("c300000001 01 83 00 00 4065"), new byte[100]));
    assertNotInitial(
        "token of 2^62 - 1 bytes", join(hex("c300000001 01 83 00"), hex("ff".repeat(100))));
  }

  @Test
  void coalescedPackets_theFirstIsRead() {
    decode(443, join(INITIAL, quicInitial(0xe0, 1, DCID, SCID, 100)));

    assertThat(view.quicConnectionId()).isEqualTo(DCID_HASH);
  }

  @Test
  void captureCutBehindTheConnectionId_isEnough() {
    byte[] frame = ethernet(ip("fd00::1", "fd00::2", 17, udp(5000, 443, INITIAL)));
    int behindSourceLength = 14 + 40 + 8 + 1 + 4 + 1 + DCID.length + 1;
    for (int length = 62; length <= frame.length; length++) {
      Decoder.decode(ETHERNET, frame, 0, length, frame.length, view);
      assertThat(view.hasQuicInitial())
          .as("first %d bytes", length)
          .isEqualTo(length >= behindSourceLength);
    }
  }

  @Test
  void packetAfterAnInitial_hasNone() {
    decode(443, INITIAL);

    assertNotInitial("plain datagram", new byte[100]);
  }

  private void assertNotInitial(String what, byte[] payload) {
    decode(443, payload);
    assertThat(view.hasQuicInitial()).as(what).isFalse();
    assertThat(view.quicConnectionIdLength()).as(what).isEqualTo(-1);
    assertThat(view.quicSourceConnectionIdLength()).as(what).isEqualTo(-1);
    assertThat(view.quicVersion()).as(what).isEqualTo(-1);
    assertThat(view.quicConnectionId()).as(what).isZero();
    assertThat(view.quicConnectionIdText()).as(what).isEmpty();
  }

  private void decode(int port, byte[] payload) {
    byte[] frame = ethernet(ip("10.0.0.1", "10.0.0.2", 17, udp(5000, port, payload)));
    assertThat(Decoder.decode(ETHERNET, frame, 0, frame.length, frame.length, view))
        .isEqualTo(DecodeStatus.OK);
    assertThat(view.destinationPort()).isEqualTo(port);
  }
}
