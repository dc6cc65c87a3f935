package io.podhop.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.podhop.cli.Scenes;
import io.podhop.cli.ScriptedCollector;
import io.podhop.model.Coverage;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PointCoverage;
import io.podhop.model.Role;
import io.podhop.v1.CaptureEnded;
import io.podhop.v1.CaptureEvent;
import io.podhop.v1.CaptureRequest;
import io.podhop.v1.CaptureStarted;
import io.podhop.v1.CapturedPackets;
import io.podhop.v1.Packet;
import io.podhop.v1.Refusal;
import io.podhop.wire.ModelCodec;
import io.podhop.wire.TraceCodec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Captures into files that tshark and capinfos must understand. */
@Timeout(60)
class CaptureCommandTest {
  private static final ObservationPoint WEB = Scenes.podPoint("node-a", "shop/web-7c9");
  private static final ObservationPoint HOSTILE =
      new ObservationPoint("node\u001b-b", Role.ENI, 1, 2, "eth1", "eni-1");

  /** Ethernet, IPv4, TCP SYN from 192.168.1.21:40112 to 192.168.33.7:5432. */
  private static final byte[] SYN =
      HexFormat.of()
          .parseHex(
              "0200000000010200000000020800"
                  + "450000280001400040069656c0a80115c0a82107"
                  + "9cb01538123456780000000050022000d0ae0000");

  private final Cli cli = new Cli((_, _) -> {});
  @TempDir private Path folder;
  private ScriptedCollector collector;

  @BeforeEach
  void start() throws IOException {
    collector = new ScriptedCollector();
  }

  @AfterEach
  void stop() {
    collector.close();
  }

  static CaptureEvent.Builder started() {
    return CaptureEvent.newBuilder()
        .setStarted(
            CaptureStarted.newBuilder()
                .setCaptureId("r7")
                .addPoints(ModelCodec.encode(WEB))
                .addPoints(ModelCodec.encode(HOSTILE))
                .addWarnings("nothing is captured on node-c"));
  }

  static CaptureEvent.Builder packets(int point, long... afterNs) {
    CapturedPackets.Builder packets = CapturedPackets.newBuilder();
    for (long after : afterNs) {
      packets.addPackets(
          Packet.newBuilder()
              .setPoint(point)
              .setTimeNs(Scenes.START_NS + after)
              .setWireLength(1_500)
              .setData(ByteString.copyFrom(SYN)));
    }
    return CaptureEvent.newBuilder().setPackets(packets);
  }

  static CaptureEvent.Builder traced() {
    return CaptureEvent.newBuilder()
        .setTrace(TraceCodec.encode(Scenes.trace(Scenes.handshake(), Scenes.delivered())));
  }

  private static CaptureEvent.Builder ended() {
    return ended(CaptureEnded.Reason.REASON_TIME);
  }

  static CaptureEvent.Builder ended(CaptureEnded.Reason reason) {
    Coverage coverage =
        new Coverage("tcp", Scenes.START_NS, Scenes.START_NS + 1_000_000_000L, 3, 2, 1, 0);
    return CaptureEvent.newBuilder()
        .setEnded(
            CaptureEnded.newBuilder()
                .setReason(reason)
                .setDropped(17)
                .addCoverage(ModelCodec.encode(new PointCoverage(WEB, coverage)))
                .addNotes("node-a: \u001bnote"));
  }

  private Path file() {
    return folder.resolve("web.pcapng");
  }

  private int capture(String... options) {
    String[] common = {"capture", "shop/web-7c9", "--collector", collector.address()};
    return cli.run(Stream.of(common, options).flatMap(Stream::of).toArray(String[]::new));
  }

  private List<String> leftOver() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).toList();
    }
  }

  static String tool(String... command) throws IOException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private String fields() throws IOException {
    return tool(
        "tshark",
        "-r",
        file().toString(),
        "-T",
        "fields",
        "-e",
        "frame.interface_name",
        "-e",
        "frame.time_epoch",
        "-e",
        "frame.len",
        "-e",
        "tcp.dstport",
        "-e",
        "frame.comment");
  }

  private int captureAtTwoPoints() {
    collector
        .then(started())
        .then(packets(1, 300, 100))
        .then(packets(0, 0, 200))
        .then(traced())
        .then(ended());
    return capture("-w", file().toString(), "-n", "shop", "--filter", "tcp", "-s", "128");
  }

  @Test
  void capture_twoPoints_areSortedNamedAndCommented() throws Exception {
    assertThat(captureAtTwoPoints()).isZero();
    String web = "shop/web-7c9 eth0 (node-a)";
    String eni = "node\\x1b-b eth1";
    String comment = "podhop: delivered, handshake 0.33 ms, trace " + Scenes.TRACE_ID;
    assertThat(fields().lines().map(String::stripTrailing))
        .containsExactly(
            web + "\t1790000000.000000000\t1500\t5432\t" + comment,
            eni + "\t1790000000.000000100\t1500\t5432",
            web + "\t1790000000.000000200\t1500\t5432",
            eni + "\t1790000000.000000300\t1500\t5432");
    assertThat(tool("capinfos", "-M", file().toString()))
        .containsPattern("Number of packets: +4\\b")
        .containsPattern("Strict time order: +True")
        .containsPattern("Number of interfaces in file: +2")
        .contains("podhop capture shop/web-7c9, filter tcp; ended by time");
    assertThat(leftOver()).containsExactly("web.pcapng");
  }

  @Test
  void capture_ended_saysWhatThereIsOnStandardError() {
    assertThat(captureAtTwoPoints()).isZero();
    assertThat(cli.out()).isEmpty();
    assertThat(cli.err())
        .isEqualTo(
            """
            note: nothing is captured on node-c
            note: node-a: \\x1bnote
            %s: 4 packets, 216B, 1 connection (1 delivered), 17 packets dropped on their way; \
            ended by time
            """
                .formatted(file()));
  }

  @Test
  void capture_options_reachTheCollector() throws Exception {
    captureAtTwoPoints();
    assertThat(collector.captured.take())
        .isEqualTo(
            CaptureRequest.newBuilder()
                .addPods("shop/web-7c9")
                .setNamespace("shop")
                .setFilter("tcp")
                .setSnapshotBytes(128)
                .setMaxBytes(64_000_000)
                .setMaxMs(30_000)
                .build());
  }

  @Test
  void capture_manyPacketsOutOfOrder_areInStrictTimeOrder() throws Exception {
    collector.then(started());
    java.util.Random random = new java.util.Random(7);
    for (int i = 0; i < 100; i++) {
      collector.then(packets(i % 2, random.longs(300, 0, 1_000_000_000L).toArray()));
    }
    collector.then(ended());

    assertThat(capture("-o", file().toString())).isZero();
    assertThat(tool("capinfos", "-M", file().toString()))
        .containsPattern("Number of packets: +30000\\b")
        .containsPattern("Strict time order: +True");
  }

  @Test
  void capture_refused_writesNothing() throws Exception {
    collector.then(
        CaptureEvent.newBuilder()
            .setRefusal(
                Refusal.newBuilder()
                    .setReason(Refusal.Reason.REASON_USAGE)
                    .setMessage("no pod shop/web-7c9")));

    assertThat(capture("-o", file().toString())).isEqualTo(2);
    assertThat(cli.err()).isEqualTo("error: no pod shop/web-7c9\n");
    assertThat(leftOver()).isEmpty();
  }

  @Test
  void capture_collectorLost_writesWhatThereIsAndExits3() throws Exception {
    collector.then(started()).then(packets(0, 5)).endsWith(Status.UNAVAILABLE);

    assertThat(capture("-o", file().toString())).isEqualTo(3);
    assertThat(fields()).hasLineCount(1).contains("shop/web-7c9 eth0 (node-a)");
    assertThat(cli.err()).contains("ended by interruption", "error: lost the collector");
    assertThat(leftOver()).containsExactly("web.pcapng");
  }

  @Test
  void capture_noCollector_writesNothing() throws Exception {
    collector.close();

    assertThat(capture("-o", file().toString())).isEqualTo(3);
    assertThat(leftOver()).isEmpty();
  }
}
