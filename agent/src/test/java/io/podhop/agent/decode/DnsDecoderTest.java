package io.podhop.agent.decode;

import static io.podhop.agent.decode.Frames.ETHERNET;
import static io.podhop.agent.decode.Frames.dns;
import static io.podhop.agent.decode.Frames.dnsResponse;
import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.hex;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.join;
import static io.podhop.agent.decode.Frames.prefixed;
import static io.podhop.agent.decode.Frames.record;
import static io.podhop.agent.decode.Frames.segment;
import static io.podhop.agent.decode.Frames.udp;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class DnsDecoderTest {
  private static final byte[] ALIAS = record(5, 300, hex("03 637376 c010"));
  private static final byte[] A = record(1, 60, hex("cb00710a"));
  private static final byte[] AAAA = record(28, 61, hex("20010db8000000000000000000000001"));
  private static final byte[] RESPONSE = dnsResponse(0x8180, "www.example.com", 1, ALIAS, A, AAAA);

  private final PacketView view = new PacketView();
  private final List<String> answers = new ArrayList<>();

  @Test
  void responseOverUdp_givesEveryAddressWithItsTtl() {
    decodeUdp(53, 4000, RESPONSE);

    assertThat(answers()).containsExactly("203.0.113.10 60", "2001:db8::1 61");
    assertThat(view.dnsTruncated()).isFalse();
  }

  @Test
  void responseOverTcp_isReadBehindItsLength() {
    decodeTcp(53, 4000, prefixed(RESPONSE));

    assertThat(view.hasDns()).isTrue();
    assertThat(view.dnsId()).isEqualTo(0x4711);
    assertThat(view.dnsResponse()).isTrue();
    assertThat(view.questionName()).isEqualTo("www.example.com");
    assertThat(view.dnsQuestionType()).isEqualTo(1);
    assertThat(answers()).containsExactly("203.0.113.10 60", "2001:db8::1 61");
  }

  @Test
  void queriesOneBehindAnotherOverTcp_theFirstIsRead() {
    byte[] first = prefixed(dns(7, 0x0100, "a.bc", 28));

    decodeTcp(4000, 53, join(first, prefixed(dns(8, 0x0100, "d.ef", 1))));

    assertThat(view.dnsId()).isEqualTo(7);
    assertThat(view.questionName()).isEqualTo("a.bc");
    assertThat(answers()).isEmpty();
  }

  @Test
  void segmentThatBeginsWithNoWholeMessage_isNotDns() {
    byte[] message = prefixed(RESPONSE);
    assertNotDnsOverTcp("begin of a longer one", Arrays.copyOf(message, message.length - 1));
    assertNotDnsOverTcp("length alone", Arrays.copyOf(message, 2));
    assertNotDnsOverTcp("rest of one", Arrays.copyOfRange(message, 2, message.length));
    assertNotDnsOverTcp("nothing", new byte[0]);
    byte[] twoQuestions = message.clone();
    twoQuestions[2 + 5] = 2;
    assertNotDnsOverTcp("two questions", twoQuestions);
    byte[] reservedBit = message.clone();
    reservedBit[2 + 3] |= 0x40;
    assertNotDnsOverTcp("Z bit", reservedBit);
    byte[] opcode = message.clone();
    opcode[2 + 2] |= 0x78;
    assertNotDnsOverTcp("opcode 15", opcode);
    byte[] pointer = message.clone();
    pointer[2 + 12] = (byte) 0xc0;
    assertNotDnsOverTcp("no name", pointer);

    decodeTcp(4000, 443, message);
    assertThat(view.hasDns()).as("another port").isFalse();
  }

  @Test
  void messageCutByTheCapture_givesWhatWasWhole() {
    byte[] frame = ethernet(ip("10.0.0.2", "10.0.0.1", 17, udp(53, 4000, RESPONSE)));
    int behindA = frame.length - AAAA.length;
    for (int length = 42 + 12; length < frame.length; length++) {
      Decoder.decode(ETHERNET, frame, 0, length, frame.length, view);
      assertThat(view.dnsId()).isEqualTo(0x4711);
      assertThat(answers()).as("first %d bytes", length).hasSize(length < behindA ? 0 : 1);
    }

    byte[] overTcp =
        ethernet(ip("10.0.0.2", "10.0.0.1", 6, segment(53, 4000, 24, hex(""), prefixed(RESPONSE))));
    Decoder.decode(ETHERNET, overTcp, 0, 80, overTcp.length, view);
    assertThat(view.questionName()).as("cut in its name").isEmpty();
    assertThat(view.dnsId()).isEqualTo(0x4711);
    Decoder.decode(ETHERNET, overTcp, 0, overTcp.length - 1, overTcp.length, view);
    assertThat(answers()).containsExactly("203.0.113.10 60");
  }

  @Test
  void truncationFlag_isTold() {
    decodeUdp(53, 4000, dnsResponse(0x8380, "a.b", 1));

    assertThat(view.dnsTruncated()).isTrue();
    assertThat(answers()).isEmpty();
  }

  @Test
  void recordsThatAreNoInternetAddresses_areSteppedOver() {
    byte[] chaos = A.clone();
    chaos[5] = 3;
    byte[] shortA = record(1, 5, hex("0a0000"));
    byte[] longName = join(hex("01 61 02 6263 00"), Arrays.copyOfRange(A, 2, A.length));
    decodeUdp(
        53,
        4000,
        dnsResponse(0x8180, "a.b", 1, chaos, shortA, record(16, 5, hex("0161")), longName));

    assertThat(answers()).containsExactly("203.0.113.10 60");
  }

  @Test
  void ttlBeyond31Bits_isZero() {
    decodeUdp(53, 4000, dnsResponse(0x8180, "a.b", 1, record(1, 0x8000_0000L, hex("0a000001"))));

    assertThat(answers()).containsExactly("10.0.0.1 0");
  }

  @Test
  void moreRecordsClaimedThanThere_givesThoseThatAre() {
    byte[] message = dnsResponse(0x8180, "a.b", 1, A);
    message[6] = (byte) 0xff;

    decodeUdp(53, 4000, message);

    assertThat(answers()).containsExactly("203.0.113.10 60");
  }

  @Test
  void pointerToItself_endsTheName() {
    byte[] self = join(hex("c015"), Arrays.copyOfRange(A, 2, A.length));

    decodeUdp(53, 4000, dnsResponse(0x8180, "a.b", 1, self));

    assertThat(answers()).containsExactly("203.0.113.10 60");
  }

  @Test
  void queryWithAnswers_andMulticastDns_giveNone() {
    decodeUdp(53, 4000, dnsResponse(0x0100, "a.b", 1, A));
    assertThat(answers()).isEmpty();

    decodeUdp(5353, 5353, RESPONSE);
    assertThat(view.hasDns()).isFalse();
    assertThat(answers()).isEmpty();
    assertThat(view.questionName()).isEmpty();
  }

  private void assertNotDnsOverTcp(String what, byte[] payload) {
    decodeTcp(53, 4000, payload);
    assertThat(view.hasDns()).as(what).isFalse();
    assertThat(view.dnsQuestionType()).as(what).isEqualTo(-1);
    assertThat(answers()).as(what).isEmpty();
  }

  private List<String> answers() {
    answers.clear();
    int given =
        view.forEachAnswer((high, low, ttl) -> answers.add(new IpAddress(high, low) + " " + ttl));
    assertThat(given).isEqualTo(answers.size());
    return answers;
  }

  private void decodeUdp(int from, int to, byte[] message) {
    decode(ip("10.0.0.2", "10.0.0.1", 17, udp(from, to, message)));
  }

  private void decodeTcp(int from, int to, byte[] payload) {
    decode(ip("10.0.0.2", "10.0.0.1", 6, segment(from, to, 0x18, hex("0101"), payload)));
  }

  private void decode(byte[] packet) {
    byte[] frame = ethernet(packet);
    assertThat(Decoder.decode(ETHERNET, frame, 0, frame.length, frame.length, view))
        .isEqualTo(DecodeStatus.OK);
  }
}
