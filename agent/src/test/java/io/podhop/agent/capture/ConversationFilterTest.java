package io.podhop.agent.capture;

import static io.podhop.agent.decode.Frames.echo;
import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.icmp;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.tagged;
import static io.podhop.agent.decode.Frames.tcp;
import static io.podhop.agent.decode.Frames.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConversationFilterTest {
  private static final String A = "192.168.1.21";
  private static final String NODE_A = "192.168.0.10";
  private static final String VIP = "10.100.0.7";
  private static final String B = "192.168.33.7";
  private static final byte[] NONE = new byte[0];

  @TempDir Path folder;

  @Test
  void tcpThroughAService_keepsEveryLegAndItsErrors_nothingElse() throws IOException {
    ConversationFilter filter =
        new ConversationFilter(
            Protocol.TCP, addresses(A, NODE_A), addresses(VIP, B), Set.of(80, 8080), false);

    assertThat(passes(filter, ip(A, VIP, 6, tcp(4000, 80, 1, 0, 2, NONE)))).isTrue();
    assertThat(passes(filter, ip(NODE_A, B, 6, tcp(4000, 8080, 1, 0, 2, NONE)))).isTrue();
    assertThat(passes(filter, ip(B, NODE_A, 6, tcp(8080, 4000, 1, 2, 18, NONE)))).isTrue();
    assertThat(passes(filter, ip("10.9.9.9", A, 1, icmp(11, 0, 0, new byte[28])))).isTrue();

    assertThat(passes(filter, ip(A, B, 6, tcp(4000, 443, 1, 0, 2, NONE)))).isFalse();
    assertThat(passes(filter, ip(A, "10.9.9.9", 6, tcp(4000, 80, 1, 0, 2, NONE)))).isFalse();
    assertThat(passes(filter, ip(A, B, 17, udp(4000, 80, NONE)))).isFalse();
    assertThat(passes(filter, ip(A, B, 1, echo(8, 1, 1)))).isFalse();
    assertThat(passes(filter, ip(A, "10.9.9.9", 1, icmp(3, 3, 0, new byte[28])))).isFalse();
    assertThat(passesTagged(filter, ip(A, B, 6, tcp(4000, 80, 1, 0, 2, NONE)))).isFalse();
  }

  @Test
  void trunk_taggedFramesPassAsWell() throws IOException {
    ConversationFilter filter =
        new ConversationFilter(Protocol.UDP, addresses(A), addresses(B), Set.of(53), true);

    assertThat(passes(filter, ip(A, B, 17, udp(4000, 53, NONE)))).isTrue();
    assertThat(passesTagged(filter, ip(A, B, 17, udp(4000, 53, NONE)))).isTrue();
    assertThat(passesTagged(filter, ip(B, A, 1, icmp(3, 3, 0, new byte[28])))).isTrue();
    assertThat(passesTagged(filter, ip(A, B, 17, udp(4000, 54, NONE)))).isFalse();
  }

  @Test
  void ipv6_packetsAndErrors() throws IOException {
    ConversationFilter filter =
        new ConversationFilter(
            Protocol.TCP, addresses("fd00::1"), addresses("fd00::2"), Set.of(80), false);

    assertThat(passes(filter, ip("fd00::1", "fd00::2", 6, tcp(9, 80, 1, 0, 2, NONE)))).isTrue();
    assertThat(passes(filter, ip("fd00::9", "fd00::1", 58, icmp(1, 4, 0, new byte[48])))).isTrue();
    assertThat(passes(filter, ip("fd00::9", "fd00::1", 58, icmp(135, 0, 0, new byte[16]))))
        .isFalse();
  }

  @Test
  void echo_bothWaysAndItsErrors() throws IOException {
    ConversationFilter filter =
        new ConversationFilter(Protocol.ICMP, addresses(A), addresses(B), Set.of(), false);

    assertThat(passes(filter, ip(A, B, 1, echo(8, 1, 1)))).isTrue();
    assertThat(passes(filter, ip(B, A, 1, echo(0, 1, 1)))).isTrue();
    assertThat(passes(filter, ip(NODE_A, A, 1, icmp(3, 1, 0, new byte[28])))).isTrue();
    assertThat(passes(filter, ip(A, NODE_A, 1, echo(8, 1, 1)))).isFalse();
  }

  @Test
  void everyProtocolAndShape_compilesWithTcpdump() throws Exception {
    Set<IpAddress> both = addresses(A, "fd00::1");
    for (Protocol protocol : Protocol.values()) {
      for (boolean tagged : List.of(false, true)) {
        for (Set<IpAddress> clients : List.of(both, Set.<IpAddress>of())) {
          String text =
              new ConversationFilter(protocol, clients, both, Set.of(80, 53), tagged).text();
          Tools.run("tcpdump", "-y", "EN10MB", "-d", text);
        }
      }
    }
  }

  @Test
  void hundredsOfEndpoints_areWidenedToTheBound_andStillPass() throws Exception {
    Set<IpAddress> many = new HashSet<>();
    for (int i = 0; i < 500; i++) {
      many.add(IpAddress.ofIpv4(0xc0a80000 + i));
    }
    ConversationFilter filter =
        new ConversationFilter(Protocol.TCP, addresses(A), many, Set.of(80), true);

    assertThat(filter.text().length()).isLessThanOrEqualTo(ConversationFilter.MAX_LENGTH);
    assertThat(filter.text()).contains("host " + A).contains("port 80");
    Tools.run("tcpdump", "-y", "EN10MB", "-d", filter.text());
    assertThat(passes(filter, ip(A, "192.168.1.9", 6, tcp(9, 80, 1, 0, 2, NONE)))).isTrue();
  }

  @Test
  void portOutsideTheRange_isRefused() {
    assertThatThrownBy(
            () -> new ConversationFilter(Protocol.TCP, Set.of(), Set.of(), Set.of(65536), false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("65536");
  }

  private boolean passes(ConversationFilter filter, byte[] packet) throws IOException {
    return passesFrame(filter, ethernet(packet));
  }

  private boolean passesTagged(ConversationFilter filter, byte[] packet) throws IOException {
    return passesFrame(filter, tagged(0x8100, 5, 0x0800, packet));
  }

  private boolean passesFrame(ConversationFilter filter, byte[] frame) throws IOException {
    Path path = folder.resolve("one.pcap");
    CaptureFiles.writePcap(path, List.of(frame), 1);
    try (PcapFile file = PcapFile.open(path, filter.text())) {
      return file.poll((linkType, buffer, offset, captured, wire, ns) -> {}, 10) == 1;
    }
  }

  private static Set<IpAddress> addresses(String... texts) {
    Set<IpAddress> addresses = new HashSet<>();
    for (String text : texts) {
      addresses.add(IpAddress.parse(text));
    }
    return addresses;
  }
}
