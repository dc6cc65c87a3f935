package io.podhop.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import io.podhop.agent.capture.Tools;
import io.podhop.agent.decode.Frames;
import io.podhop.agent.decode.PacketView;
import io.podhop.model.Flow;
import io.podhop.model.Owner;
import io.podhop.model.Protocol;
import io.podhop.model.Role;
import io.podhop.model.Traffic;
import io.podhop.model.Verdict;
import io.podhop.pcapng.CapturedBy;
import io.podhop.pcapng.CapturedOn;
import io.podhop.pcapng.PcapngWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections out of generated files against what was put in, and against tshark. */
class FlowFilesTest {
  private static final String CLIENT = "192.168.1.21";
  private static final String SERVER = "192.168.33.7";
  private static final String RESOLVER = "10.100.0.10";
  private static final long START_NS = 1_800_000_000_000_000_000L;
  private static final long SECOND_NS = 1_000_000_000L;
  private static final byte[] NONE = {};

  @TempDir Path folder;

  private final List<Packet> packets = new ArrayList<>();
  private long nowNs = START_NS;

  private record Packet(long ns, byte[] frame) {}

  private void put(String from, String to, int protocol, byte[] segment) {
    packets.add(new Packet(nowNs, Frames.ethernet(Frames.ip(from, to, protocol, segment))));
    nowNs += 100_000;
  }

  private void client(int port, long seq, long ack, int flags, byte[] data) {
    put(CLIENT, SERVER, 6, Frames.tcp(port, 5432, seq, ack, flags, data));
  }

  private void server(int port, long seq, long ack, int flags, byte[] data) {
    put(SERVER, CLIENT, 6, Frames.tcp(5432, port, seq, ack, flags, data));
  }

  /** Ten packets, six of the client, closed by both. */
  private void whole(int port, int payload) {
    client(port, 1000, 0, PacketView.SYN, NONE);
    server(port, 5000, 1001, PacketView.SYN | PacketView.ACK, NONE);
    client(port, 1001, 5001, PacketView.ACK, NONE);
    client(port, 1001, 5001, PacketView.ACK, new byte[payload]);
    server(port, 5001, 1001 + payload, PacketView.ACK, NONE);
    server(port, 5001, 1001 + payload, PacketView.ACK, new byte[2 * payload]);
    client(port, 1001 + payload, 5001 + 2 * payload, PacketView.ACK, NONE);
    client(port, 1001 + payload, 5001 + 2 * payload, PacketView.FIN | PacketView.ACK, NONE);
    server(port, 5001 + 2 * payload, 1002 + payload, PacketView.FIN | PacketView.ACK, NONE);
    client(port, 1002 + payload, 5002 + 2 * payload, PacketView.ACK, NONE);
  }

  private void refused(int port) {
    client(port, 1000, 0, PacketView.SYN, NONE);
    server(port, 0, 1001, PacketView.RST | PacketView.ACK, NONE);
  }

  private void udp(int port) {
    put(CLIENT, SERVER, 17, Frames.udp(port, 4000, new byte[30]));
    put(SERVER, CLIENT, 17, Frames.udp(4000, port, new byte[60]));
  }

  private void arp() {
    packets.add(new Packet(nowNs, Frames.ethernet(0x0806, new byte[46])));
    nowNs += 100_000;
  }

  /** The file goes on: what is silent until then stays so. */
  private void later(int seconds) {
    nowNs += seconds * 1_000_000_000L;
    arp();
  }

  @Test
  void read_fileEndsBeforeAnAnswerCould_provesNothing() throws Exception {
    client(10_000, 1000, 0, PacketView.SYN, NONE);
    Path file = pcap("short.pcap");

    assertThat(read(file))
        .extracting(flow -> flow.outcome().verdict())
        .containsExactly(Verdict.Id.NOT_OBSERVED);
  }

  @Test
  void read_manyConnections_givesEachOnceWithItsVerdict() throws Exception {
    for (int i = 0; i < 3_000; i++) {
      switch (i % 6) {
        case 0, 1 -> whole(10_000 + i, 100);
        case 2 -> refused(10_000 + i);
        case 3 -> client(10_000 + i, 1000, 0, PacketView.SYN, NONE);
        case 4 -> udp(10_000 + i);
        default -> arp();
      }
    }
    later(40);
    Path file = pcap("many.pcap");

    List<Flow> flows = read(file);

    assertThat(flows.stream().map(Flow::key)).hasSize(2_500).doesNotHaveDuplicates();
    assertThat(count(flows, flow -> flow.key().protocol() + " " + flow.outcome().verdict()))
        .isEqualTo(
            Map.of(
                Protocol.TCP + " " + Verdict.Id.DELIVERED, 1_000L,
                Protocol.TCP + " " + Verdict.Id.REFUSED, 500L,
                Protocol.TCP + " " + Verdict.Id.NO_ANSWER, 500L,
                Protocol.UDP + " " + Verdict.Id.DELIVERED, 500L));
    assertThat(flows)
        .filteredOn(flow -> flow.end() == Flow.End.CLOSED)
        .hasSize(1_000)
        .allSatisfy(
            flow -> {
              assertThat(flow.request()).isEqualTo(new Traffic(6, 6 * 40 + 100, 100));
              assertThat(flow.reply()).isEqualTo(new Traffic(4, 4 * 40 + 200, 200));
              assertThat(flow.endNs() - flow.startNs()).isEqualTo(900_000);
              assertThat(flow.sight()).isEqualTo(new Flow.Sight("file", 0));
            });
    assertThat(total(flows)).isEqualTo(byTshark(file));
  }

  @Test
  void read_pcapngWithTwoInterfaces_hasTwoPoints() throws Exception {
    whole(40_000, 10);
    Path file = folder.resolve("two.pcapng");
    try (PcapngWriter writer = writer(file)) {
      int pod = writer.describe(on("shop/web-0 eth0 (node-a)"));
      int eni = writer.describe(on("node-a eth1"));
      for (Packet packet : packets) {
        writer.packet(pod, packet.ns(), ByteBuffer.wrap(packet.frame()), length(packet), "");
        writer.packet(eni, packet.ns() + 9, ByteBuffer.wrap(packet.frame()), length(packet), "");
      }
    }

    List<Flow> flows = read(file);

    assertThat(flows.stream().map(flow -> flow.point().interfaceName()))
        .containsExactlyInAnyOrder("shop/web-0 eth0 (node-a)", "node-a eth1");
    assertThat(flows)
        .allSatisfy(
            flow -> {
              assertThat(flow.point().role()).isEqualTo(Role.FILE);
              assertThat(flow.request().packets() + flow.reply().packets()).isEqualTo(10);
            });
    assertThat(total(flows)).isEqualTo(byTshark(file));
  }

  @Test
  void read_dnsAnswerBeforeConnection_namesItsDestinationForWhoAsked() throws Exception {
    byte[] answer = Frames.hex("c0a82107");
    put(CLIENT, RESOLVER, 17, Frames.udp(50_000, 53, Frames.dns(0x4711, 0x0100, "db.shop", 1)));
    put(
        RESOLVER,
        CLIENT,
        17,
        Frames.udp(
            53, 50_000, Frames.dnsResponse(0x8180, "db.shop", 1, Frames.record(1, 30, answer))));
    whole(40_000, 10);
    put("192.168.1.99", SERVER, 6, Frames.tcp(40_000, 5432, 1, 0, PacketView.SYN, NONE));
    nowNs += 60 * SECOND_NS;
    whole(40_001, 10);

    List<Flow> flows = read(pcap("dns.pcap"));

    assertThat(flows.stream().filter(flow -> flow.key().protocol() == Protocol.TCP))
        .extracting(
            flow -> flow.key().source() + ":" + flow.key().sourcePort(),
            flow -> flow.destination().owner())
        .containsExactlyInAnyOrder(
            tuple(CLIENT + ":40000", new Owner.External("db.shop")),
            tuple("192.168.1.99:40000", new Owner.Unknown()),
            tuple(CLIENT + ":40001", new Owner.Unknown()));
    assertThat(flows.stream().flatMap(flow -> flow.dns().stream()))
        .singleElement()
        .satisfies(
            dns -> {
              assertThat(dns.name()).isEqualTo("db.shop");
              assertThat(dns.latencyNs()).isEqualTo(100_000);
            });
  }

  @Test
  void read_portsUsedAgain_areConnectionsOfTheirOwn() throws Exception {
    whole(40_000, 10);
    udp(40_000);
    nowNs += 600 * SECOND_NS;
    whole(40_000, 10);
    udp(40_000);

    List<Flow> flows = read(pcap("again.pcap"));

    assertThat(count(flows, flow -> flow.key().protocol()))
        .isEqualTo(Map.of(Protocol.TCP, 2L, Protocol.UDP, 2L));
    assertThat(flows)
        .filteredOn(flow -> flow.key().protocol() == Protocol.UDP)
        .allSatisfy(flow -> assertThat(flow.endNs() - flow.startNs()).isEqualTo(100_000));
  }

  @Test
  void read_truncatedFile_givesWhatWasBeforeThenTheError() throws Exception {
    whole(40_000, 10);
    whole(40_001, 10);
    Path file = pcap("cut.pcap");
    byte[] bytes = Files.readAllBytes(file);
    Path cut = folder.resolve("cut2.pcap");
    Files.write(cut, Arrays.copyOf(bytes, bytes.length - 30));
    List<Flow> flows = new ArrayList<>();

    assertThatThrownBy(() -> FlowFiles.read(List.of(cut), flows::add))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cut2.pcap ends early");

    assertThat(flows).hasSize(2);
    assertThat(flows.stream().mapToLong(flow -> flow.request().packets()).sum()).isEqualTo(11);
  }

  @Test
  void read_severalFilesOneOfThemZipped_givesTheFlowsOfAll() throws Exception {
    whole(40_000, 10);
    Path first = pcap("first.pcap");
    packets.clear();
    refused(40_001);
    Path second = folder.resolve("second.pcap.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(second))) {
      Files.copy(pcap("second.pcap"), out);
    }

    assertThat(read(first, second).stream().map(flow -> flow.outcome().verdict()))
        .containsExactly(Verdict.Id.DELIVERED, Verdict.Id.REFUSED);
    assertThatThrownBy(() -> read(first, folder.resolve("missing.pcap")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("missing.pcap");
  }

  private static List<Flow> read(Path... files) throws IOException {
    List<Flow> flows = new ArrayList<>();
    FlowFiles.read(List.of(files), flows::add);
    return flows;
  }

  private static <K> Map<K, Long> count(List<Flow> flows, Function<Flow, K> by) {
    return flows.stream().collect(Collectors.groupingBy(by, Collectors.counting()));
  }

  /** Packets and bytes of IP. */
  private static List<Long> total(List<Flow> flows) {
    return List.of(
        flows.stream().mapToLong(f -> f.request().packets() + f.reply().packets()).sum(),
        flows.stream().mapToLong(f -> f.request().bytes() + f.reply().bytes()).sum());
  }

  private static List<Long> byTshark(Path file) throws Exception {
    List<Long> lengths =
        Tools.run("tshark", "-r", file.toString(), "-Y", "ip", "-T", "fields", "-e", "ip.len")
            .lines()
            .map(Long::valueOf)
            .toList();
    return List.of((long) lengths.size(), lengths.stream().mapToLong(Long::longValue).sum());
  }

  private static PcapngWriter writer(Path file) throws IOException {
    return new PcapngWriter(Files.newOutputStream(file), new CapturedBy("", "", "podhop", ""));
  }

  private static CapturedOn on(String name) {
    return new CapturedOn(name, "", "", 1, 65_535);
  }

  private static int length(Packet packet) {
    return packet.frame().length;
  }

  /** Nanosecond pcap (draft-ietf-opsawg-pcap). */
  private Path pcap(String name) throws IOException {
    int size = packets.stream().mapToInt(packet -> 16 + length(packet)).sum();
    ByteBuffer bytes = ByteBuffer.allocate(24 + size).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(0xa1b23c4d).putShort((short) 2).putShort((short) 4).putLong(0);
    bytes.putInt(65_535).putInt(1);
    for (Packet packet : packets) {
      bytes.putInt((int) (packet.ns() / SECOND_NS)).putInt((int) (packet.ns() % SECOND_NS));
      bytes.putInt(length(packet)).putInt(length(packet)).put(packet.frame());
    }
    return Files.write(folder.resolve(name), bytes.array());
  }
}
