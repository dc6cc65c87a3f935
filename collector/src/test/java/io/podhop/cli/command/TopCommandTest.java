package io.podhop.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.podhop.cli.ScriptedCollector;
import io.podhop.model.PairTotals;
import io.podhop.model.Protocol;
import io.podhop.v1.ListPairsResponse;
import io.podhop.wire.FlowCodec;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(30)
class TopCommandTest {
  private final Cli cli = new Cli((_, _) -> {});
  private ScriptedCollector collector;

  @BeforeEach
  void start() throws IOException {
    collector = new ScriptedCollector();
  }

  @AfterEach
  void stop() {
    collector.close();
  }

  private int top(String... options) {
    String[] common = {"top", "--collector", collector.address(), "--interval", "100ms"};
    return cli.run(Stream.of(common, options).flatMap(Stream::of).toArray(String[]::new));
  }

  private static PairTotals pair(String source, long bytes, long connections, long failed) {
    return new PairTotals(
        source,
        "shop/db",
        5432,
        Protocol.TCP,
        bytes,
        bytes,
        bytes / 100,
        bytes / 100,
        connections,
        failed,
        failed,
        0,
        connections,
        connections * 310_000);
  }

  private static ListPairsResponse answer(PairTotals... pairs) {
    return ListPairsResponse.newBuilder()
        .addAllPairs(Stream.of(pairs).map(FlowCodec::encode).toList())
        .setOverflowed(4)
        .addSilentNodes("node-c")
        .build();
  }

  /** Ever more traffic of so many pairs, for longer than a test takes. */
  static void looks(ScriptedCollector collector, int pairs) {
    for (int look = 0; look < 300; look++) {
      long bytes = look * 1_000_000L;
      collector.pairs(
          answer(
              IntStream.range(0, pairs)
                  .mapToObj(i -> pair("shop/web-with-a-long-name-" + i, bytes + i * bytes, 1, 0))
                  .toArray(PairTotals[]::new)));
    }
  }

  private void twoLooks() {
    collector
        .pairs(
            answer(
                pair("shop/web", 1_000, 10, 0),
                pair("shop/idle", 9_000, 90, 0),
                pair("shop/anew", 90_000, 90, 9)))
        .pairs(
            answer(
                pair("shop/web", 201_000, 12, 0),
                pair("shop/idle", 9_000, 90, 0),
                pair("shop/anew", 3_000, 3, 2),
                pair("shop/\u001b[7mnew-with-a-very-long-name", 5_000, 1, 1)));
  }

  @Test
  void top_piped_showsOneIntervalIn80Columns() {
    twoLooks();

    assertThat(top()).isZero();
    List<String> lines = cli.out().lines().toList();
    assertThat(lines).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    assertThat(lines.get(0)).startsWith("SOURCE         DESTINATION:PORT   PROT   RATE");
    assertThat(lines.get(1)).matches("shop/web +shop/db:5432 +tcp +[234].\\dMB .* 0\\.31 ms");
    assertThat(lines.get(2)).startsWith("shop/").contains("g-name").doesNotContain("\u001b");
    assertThat(lines.get(3)).startsWith("shop/anew");
    assertThat(cli.out())
        .doesNotContain("shop/idle")
        .contains("note  4 pairs have no line", "note  no answer from node-c");
  }

  @Test
  void top_json_hasAmountsOfTheInterval() {
    twoLooks();

    assertThat(top("-o", "json", "--by", "failed", "-n", "1")).isZero();
    JsonNode tree = new JsonMapper().readTree(cli.out());
    assertThat(tree.propertyNames())
        .containsExactly("intervalNs", "pairs", "others", "overflowed", "silentNodes");
    assertThat(tree.at("/intervalNs").asLong()).isGreaterThanOrEqualTo(100_000_000);
    assertThat(tree.at("/others").asInt()).isEqualTo(2);
    JsonNode first = tree.at("/pairs/0");
    assertThat(first.propertyNames())
        .containsExactly(
            "source",
            "destination",
            "port",
            "protocol",
            "requestBytes",
            "replyBytes",
            "requestPackets",
            "replyPackets",
            "connections",
            "failed",
            "retransmits",
            "resets",
            "handshakes",
            "handshakeMeanNs",
            "bytesPerSecond",
            "packetsPerSecond",
            "connectionsPerSecond");
    assertThat(first.at("/source").asString()).isEqualTo("shop/anew");
    assertThat(first.at("/failed").asInt()).isEqualTo(2);
    assertThat(first.at("/handshakeMeanNs").asInt()).isEqualTo(310_000);
  }

  @Test
  void top_noTraffic_saysSo() {
    collector.pairs(ListPairsResponse.getDefaultInstance());

    assertThat(top("--once")).isZero();
    assertThat(cli.out()).contains("no traffic between known pairs");
  }

  @Test
  void top_collectorFails_isOneSentenceAndExits3() {
    collector.endsWith(Status.RESOURCE_EXHAUSTED.withDescription("32 observations are running"));

    assertThat(top()).isEqualTo(3);
    assertThat(cli.err()).hasLineCount(1).contains("32 observations are running");
  }
}
