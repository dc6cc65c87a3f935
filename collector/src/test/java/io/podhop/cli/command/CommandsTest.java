package io.podhop.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.cli.Golden;
import io.podhop.cli.Scenes;
import io.podhop.cli.ScriptedCollector;
import io.podhop.model.Direction;
import io.podhop.model.EniInfo;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import io.podhop.model.Verdict;
import io.podhop.v1.NodeStatus;
import io.podhop.v1.Refusal;
import io.podhop.v1.TraceRequest;
import io.podhop.wire.InventoryCodec;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import tools.jackson.databind.json.JsonMapper;

@Timeout(20)
class CommandsTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private ScriptedCollector collector;

  /** Stands in for the program's root command. */
  @Command(name = "podhop")
  private static final class Root {}

  @BeforeEach
  void start() throws IOException {
    collector = new ScriptedCollector();
  }

  @AfterEach
  void stop() {
    collector.close();
  }

  @Test
  void trace_delivered_printsTableAndExits0() {
    collector
        .resolved()
        .hops(Scenes.handshake())
        .trace(Scenes.trace(Scenes.handshake(), Scenes.delivered()))
        .result(1, 1, Scenes.delivered());

    assertThat(trace()).isZero();
    assertThat(out.toString()).startsWith("shop/web-7c9").contains("\ndelivered  handshake");
    assertThat(err.toString()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Verdict.Id.class)
  void trace_everyVerdict_hasItsExitCode(Verdict.Id id) {
    Verdict verdict = Scenes.failed(id, Direction.REQUEST, Verdict.Grade.PROVEN);
    collector.resolved().trace(Scenes.trace(Scenes.lostInVpc(true), verdict));
    collector.result(1, id == Verdict.Id.DELIVERED ? 1 : 0, verdict);

    int expected =
        switch (id) {
          case DELIVERED -> 0;
          case NOT_OBSERVED -> 3;
          case REFUSED, NO_ANSWER, DNS_FAILED, LOST_IN_POD, LOST_ON_NODE, LOST_IN_VPC, WRONG_ENI ->
              1;
          case ROUTING_LOOP, RP_FILTER, FIREWALL_DROP, SNAT_EXHAUSTED, CONNTRACK_FULL -> 1;
          case RECYCLED_ADDRESS, MTU_BLACKHOLE, NO_ADDRESS -> 1;
        };
    assertThat(trace()).isEqualTo(expected);
  }

  @Test
  void trace_json_holdsEveryHopAndNothingElse() {
    collector.resolved().hops(Scenes.handshake()).trace(Scenes.lost());
    collector.result(1, 0, Scenes.lost().verdict());

    assertThat(trace("-o", "json")).isEqualTo(1);
    assertThat(new JsonMapper().readTree(out.toString()).at("/traces/0/hops").size()).isEqualTo(6);
  }

  @Test
  void trace_options_reachTheCollector() throws Exception {
    collector.resolved().result(0, 0, Scenes.delivered());

    trace("-n", "shop", "-p", "53", "--protocol", "udp", "--count", "7", "-w", "--timeout=1m30s");

    TraceRequest request = collector.asked.take();
    assertThat(request)
        .isEqualTo(
            TraceRequest.newBuilder()
                .setSource("shop/web-7c9")
                .setDestination("shop/db-0")
                .setNamespace("shop")
                .setPort(53)
                .setProtocol(17)
                .setCount(7)
                .setWatch(true)
                .setTimeoutMs(90_000)
                .build());
  }

  @Test
  void trace_refused_printsSentenceAndExitsByReason() {
    collector.refusal(Refusal.Reason.REASON_USAGE, "two pods are named \u001b[31mweb");
    assertThat(trace()).isEqualTo(2);
    assertThat(err.toString()).isEqualTo("error: two pods are named \\x1b[31mweb\n");
  }

  @Test
  void trace_refusedAsJson_isAnObjectOnStandardOutput() {
    collector.refusal(Refusal.Reason.REASON_NOT_OBSERVABLE, "the agent of node-b is gone");
    assertThat(trace("-o", "json")).isEqualTo(3);
    assertThat(new JsonMapper().readTree(out.toString()).toString())
        .isEqualTo("{\"error\":\"the agent of node-b is gone\",\"reason\":\"not-observable\"}");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void trace_collectorDown_isOneSentenceAndExits3() {
    collector.close();

    assertThat(trace()).isEqualTo(3);
    assertThat(err.toString())
        .hasLineCount(1)
        .startsWith("error: cannot reach the collector at 127.0.0.1:")
        .doesNotContain("Exception");
    assertThat(trace("--verbose")).isEqualTo(3);
    assertThat(err.toString()).contains("CollectorException");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "trace",
        "trace a",
        "trace a b c",
        "trace a b -p 65536",
        "trace a b -p x",
        "trace a b --protocol sctp",
        "trace a b --protocol icmp -p 1",
        "trace a b --count 0",
        "trace a b --timeout 3",
        "trace a b --timeout 0s",
        "trace a b --timeout 2h",
        "trace a b --timeout 999999999h",
        "trace a b --collector nowhere",
        "trace a b -o xml",
        "trace a b --nonsense",
        "nodes extra"
      })
  void commands_wrongUsage_exit2WithOneSentence(String line) {
    assertThat(run(line.split(" "))).isEqualTo(2);
    assertThat(err.toString()).startsWith("error: ").doesNotContain("Exception");
    assertThat(err.toString().lines().count()).isLessThanOrEqualTo(2);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void help_trace_isAsRecorded() throws IOException {
    assertThat(run("trace", "--help")).isZero();
    Golden.assertSame("help-trace.txt", out.toString());
  }

  @Test
  void help_nodes_isAsRecorded() throws IOException {
    assertThat(run("nodes", "--help")).isZero();
    Golden.assertSame("help-nodes.txt", out.toString());
  }

  @Test
  void nodes_twoKnown_listsThem() {
    collector.node(node("node-a", true)).node(node("node-b", false));

    assertThat(run("nodes", "--collector", collector.address())).isZero();
    assertThat(out.toString())
        .matches("(?s)NODE .*node-a +connected +0s ago +192.168.0.10 +1 +1 +0.1\n.*")
        .contains("disconnected", "note  node-a: ");
    assertThat(out.toString().lines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
  }

  @Test
  void nodes_wideAndJson_listPods() {
    collector.node(node("node-a", true));

    assertThat(run("nodes", "-o", "wide", "--collector", collector.address())).isZero();
    assertThat(out.toString()).contains("shop/web-7c9", "eni5f1c8e2b9a3", "192.168.1.21");
    out.getBuffer().setLength(0);
    assertThat(run("nodes", "-o", "json", "--collector", collector.address())).isZero();
    assertThat(new JsonMapper().readTree(out.toString()).at("/nodes/0/pods/0/name").asString())
        .isEqualTo("web-7c9");
    assertThat(out.toString()).contains("\"agent\" : \"connected\"");
  }

  @Test
  void nodes_none_saysSo() {
    assertThat(run("nodes", "--collector", collector.address())).isZero();
    assertThat(out.toString()).contains("no agent has registered");
  }

  private static NodeStatus node(String name, boolean connected) {
    IpAddress address = IpAddress.parse("192.168.0.10");
    PodInfo pod =
        new PodInfo(
            new PodRef("shop", "web-7c9"),
            "web",
            "",
            List.of(IpAddress.parse("192.168.1.21")),
            4_026_532_281L,
            4711,
            "eni5f1c8e2b9a3",
            7,
            "eth1",
            2);
    NodeInventory inventory =
        new NodeInventory(
            name,
            address,
            List.of(),
            List.of(new EniInfo("eni-0a1b2c", "eth0", 2, List.of(address), 254)),
            List.of(pod),
            List.of(),
            List.of("plugin.log cannot be read: permission denied; pods have no names without it"));
    return NodeStatus.newBuilder()
        .setInventory(InventoryCodec.encode(inventory))
        .setConnected(connected)
        .setLastHeardNs(Instant.now().toEpochMilli() * 1_000_000)
        .setVersion("0.1")
        .build();
  }

  private int trace(String... options) {
    String[] arguments = new String[options.length + 5];
    arguments[0] = "trace";
    arguments[1] = "shop/web-7c9";
    arguments[2] = "shop/db-0";
    arguments[3] = "--collector";
    arguments[4] = collector.address();
    System.arraycopy(options, 0, arguments, 5, options.length);
    return run(arguments);
  }

  private int run(String... arguments) {
    CommandLine root = new CommandLine(new Root());
    CliCommands.addTo(root, (_, _) -> {}, Programs::noBundles);
    return root.setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(arguments);
  }
}
