package io.podhop.agent.capture;

import static io.podhop.agent.decode.Frames.dns;
import static io.podhop.agent.decode.Frames.echo;
import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.icmp;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.tagged;
import static io.podhop.agent.decode.Frames.tcp;
import static io.podhop.agent.decode.Frames.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.agent.linux.SocketFilter;
import io.podhop.agent.linux.SocketFilter.Instruction;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.pcap4j.core.BpfProgram;
import org.pcap4j.core.BpfProgram.BpfCompileMode;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.Pcaps;
import org.pcap4j.packet.namednumber.DataLinkType;

class FilterCompilerTest {
  private static final String A = "10.0.0.1";
  private static final String B = "10.0.0.2";
  private static final byte[] NONE = new byte[0];
  private static final byte[] SYN = ip(A, B, 6, tcp(9, 80, 1, 0, 2, NONE));
  private static final byte[] ACK = ip(A, B, 6, tcp(9, 80, 1, 0, 16, new byte[40]));
  private static final byte[] QUERY = ip(A, B, 17, udp(9, 53, dns(7, 0x100, "a.b", 1)));

  @Test
  void twoSnapshots_givePerFrameWhatIsKept() throws CaptureException {
    FilterRun run = run("tcp or udp", new Snapshot(160, "port 53", 512));

    assertThat(keep(run, SYN)).isEqualTo(160);
    assertThat(keep(run, QUERY)).isEqualTo(512);
    assertThat(keep(run, ip(A, B, 1, echo(8, 1, 1)))).isZero();
    assertThat(keep(run("", Snapshot.ALWAYS_ON), QUERY)).isEqualTo(512);
    assertThat(keep(run("", Snapshot.ALWAYS_ON), SYN)).isEqualTo(160);
    byte[] tagged = tagged(0x8100, 5, 0x0800, QUERY);
    assertThat(run("", Snapshot.ALWAYS_ON).keep(tagged, 0, tagged.length, tagged.length))
        .isEqualTo(512);
  }

  @Test
  void edges_passWhatOpensClosesOrRefuses() throws CaptureException {
    FilterRun edges = run(CaptureMode.EDGES.filter(), Snapshot.of(160));
    List<byte[]> passing =
        List.of(
            SYN,
            ip(A, B, 6, tcp(9, 80, 1, 0, 17, NONE)),
            ip(A, B, 6, tcp(9, 80, 1, 0, 4, NONE)),
            ip("fd00::1", "fd00::2", 6, tcp(9, 80, 1, 0, 18, NONE)),
            ip("fd00::1", "fd00::2", 0, new byte[40]),
            QUERY,
            ip("fd00::1", "fd00::2", 17, udp(53, 9, NONE)),
            ip(A, B, 6, tcp(9, 53, 1, 0, 16, new byte[40])),
            ip(A, B, 1, echo(8, 1, 1)),
            ip("fd00::1", "fd00::2", 58, icmp(1, 4, 0, new byte[48])),
            ip(A, B, 17, udp(9, 4789, new byte[60])),
            ip(A, B, 4, ACK));
    List<byte[]> stopped =
        List.of(
            ACK,
            ip("fd00::1", "fd00::2", 6, tcp(9, 80, 1, 0, 16, new byte[40])),
            ip(A, B, 17, udp(9, 443, new byte[1200])),
            ip("fd00::1", "fd00::2", 58, icmp(135, 0, 0, new byte[16])));

    for (byte[] packet : passing) {
      assertThat(keep(edges, packet)).as("untagged").isEqualTo(160);
      byte[] tagged = tagged(0x8100, 5, packet[0] >> 4 == 4 ? 0x0800 : 0x86dd, packet);
      assertThat(edges.keep(tagged, 0, tagged.length, tagged.length)).as("tagged").isEqualTo(160);
    }
    for (byte[] packet : stopped) {
      assertThat(keep(edges, packet)).isZero();
    }
  }

  @Test
  void edges_passUdpOfThePortsThatTheyNameAndOfNoOther() throws CaptureException {
    FilterRun edges = run(CaptureMode.EDGES.filter(), Snapshot.of(160));
    for (int port = 1; port < 1 << 16; port++) {
      int kept = CaptureMode.edgesPassUdp(port) ? 160 : 0;
      assertThat(keep(edges, ip(A, B, 17, udp(40_000, port, NONE)))).isEqualTo(kept);
      assertThat(keep(edges, ip(A, B, 17, udp(port, 40_000, NONE)))).isEqualTo(kept);
    }
  }

  @Test
  void textThatDoesNotCompile_isLibpcapsWords() {
    assertThatThrownBy(() -> run("tcp prot 1", Snapshot.of(160)))
        .isInstanceOf(CaptureException.class)
        .hasMessageContaining("tcp prot 1")
        .hasMessageContaining("syntax error");
    assertThatThrownBy(() -> run("udp", new Snapshot(160, "prot", 512)))
        .isInstanceOf(CaptureException.class);
  }

  @Test
  void longestTexts_compileOrAreRefused_andNeverCrash() throws CaptureException {
    int most = FilterCompiler.MAX_TEXT_LENGTH;
    assertThat(run("ip or ".repeat(most / 6 - 1) + "ip", Snapshot.of(160))).isNotNull();
    assertThat(run("not ".repeat(most / 8) + "tcp", Snapshot.of(160))).isNotNull();
    assertThat(run("(".repeat(999) + "udp" + ")".repeat(999), Snapshot.of(160))).isNotNull();
    StringBuilder hosts = new StringBuilder("host 1.1.1.1");
    for (int i = 0; hosts.length() < most - 30; i++) {
      hosts.append(" or host ").append(i).append(".1.").append(i % 9).append(".1");
    }
    assertThat(run(hosts.toString().replaceAll(" or host 2[5-9][0-9].*", ""), Snapshot.of(160)))
        .isNotNull();
    assertThatThrownBy(() -> run(" ".repeat(most) + "ip", Snapshot.of(160)))
        .isInstanceOf(CaptureException.class)
        .hasMessageContaining("longer than");
  }

  @Test
  void manyFilters_onManyMutatedFrames_agreeWithLibpcap() throws Exception {
    List<String> texts =
        List.of(
            CaptureMode.EDGES.filter(),
            "port 53 or (vlan and port 53)",
            "ip[0] & 0xf != 5 or len > 80",
            "tcp[13] * 3 - 1 > ip[8] / (ip[9] & 7)",
            "ip6 protochain 6",
            "ether[ether[14] & 15] = 4 or (udp[4:2] << 2) % 7 = 1");
    List<byte[]> frames =
        List.of(ethernet(SYN), ethernet(QUERY), tagged(0x8100, 7, 0x0800, ACK), ethernet(ACK));
    Random random = new Random(11);
    PcapHandle dead = Pcaps.openDead(DataLinkType.EN10MB, 65535);
    try {
      for (String text : texts) {
        BpfProgram oracle =
            dead.compileFilter(
                text,
                BpfCompileMode.OPTIMIZE,
                (Inet4Address) InetAddress.getByAddress(new byte[] {-1, -1, -1, -1}));
        FilterRun run = run(text, Snapshot.of(65535));
        for (int round = 0; round < 5000; round++) {
          byte[] frame = frames.get(random.nextInt(frames.size())).clone();
          frame[random.nextInt(frame.length)] = (byte) random.nextInt();
          frame = Arrays.copyOf(frame, random.nextInt(frame.length) + 1);
          assertThat(run.keep(frame, 0, frame.length, frame.length) != 0)
              .as("%s on a frame of %d bytes, round %d", text, frame.length, round)
              .isEqualTo(oracle.applyFilter(frame, frame.length, frame.length));
        }
        oracle.free();
      }
    } finally {
      dead.close();
    }
  }

  @Test
  void returnedConstant_isTheWholeProgram() {
    assertThat(SocketFilter.returning(0).instructions())
        .containsExactly(new Instruction(SocketFilter.RETURN_CONSTANT, 0, 0, 0));
    assertThatThrownBy(() -> new SocketFilter(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void check_expressionIsNone_namesItAndSaysWhatLibpcapSays() throws FilterException {
    FilterCompiler.check("");
    FilterCompiler.check("tcp port 80 and host 10.0.0.1");
    assertThatThrownBy(() -> FilterCompiler.check("tcp prt 80"))
        .isInstanceOf(FilterException.class)
        .hasMessageMatching("filter \"tcp prt 80\": .*(syntax|parse) error.*");
    assertThatThrownBy(() -> FilterCompiler.check("tcp) or (udp"))
        .isInstanceOf(FilterException.class);
  }

  private static FilterRun run(String text, Snapshot snapshot) throws CaptureException {
    return new FilterRun(FilterCompiler.compile(LinkTypes.ETHERNET, text, snapshot));
  }

  private static int keep(FilterRun run, byte[] packet) {
    byte[] frame = ethernet(packet);
    return run.keep(frame, 0, frame.length, frame.length);
  }
}
