package io.podhop.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.cli.FlowScenes;
import io.podhop.cli.Golden;
import io.podhop.cli.ScriptedCollector;
import io.podhop.model.Cidr;
import io.podhop.model.Flow;
import io.podhop.model.FlowFilter;
import io.podhop.model.Protocol;
import io.podhop.model.Verdict;
import io.podhop.v1.FlowEvent;
import io.podhop.v1.ObserveFlowsRequest;
import io.podhop.v1.Refusal;
import io.podhop.wire.FlowCodec;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(30)
class FlowsCommandTest {
  private static final List<Flow> ALL =
      List.of(
          FlowScenes.DELIVERED,
          FlowScenes.DEGRADED,
          FlowScenes.NXDOMAIN,
          FlowScenes.HOSTILE,
          FlowScenes.IPV6_FILE);

  private final Cli cli = Cli.reading(ALL);
  private ScriptedCollector collector;

  @BeforeEach
  void start() throws IOException {
    collector = new ScriptedCollector();
  }

  @AfterEach
  void stop() {
    collector.close();
  }

  private int flows(String... options) {
    String[] arguments = new String[options.length + 3];
    arguments[0] = "flows";
    arguments[1] = "--collector";
    arguments[2] = collector.address();
    System.arraycopy(options, 0, arguments, 3, options.length);
    return cli.run(arguments);
  }

  /** Whatever zone the machine is in. */
  private static String timeless(String table) {
    return table.replaceAll("(?m)^\\d\\d:\\d\\d:(\\d\\d\\.\\d\\d\\d)", "HH:MM:$1");
  }

  @Test
  void flows_table_isAsRecordedIn80Columns() throws IOException {
    ALL.forEach(collector::flow);

    assertThat(flows()).isZero();
    assertThat(cli.out().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    Golden.assertSame("flows.txt", timeless(cli.out()));
    assertThat(cli.err()).isEmpty();
  }

  @Test
  void flows_wide_isAsRecorded() throws IOException {
    ALL.forEach(collector::flow);

    assertThat(flows("-o", "wide")).isZero();
    Golden.assertSame("flows-wide.txt", timeless(cli.out()));
  }

  @Test
  void flows_json_isAnObjectToALine() throws IOException {
    ALL.forEach(collector::flow);

    assertThat(flows("-o", "json")).isZero();
    assertThat(cli.out()).hasLineCount(ALL.size()).matches("[\\n\\x20-\\x7e]*");
    Golden.assertSame("flows.jsonl", cli.out());
    List<JsonNode> objects = cli.out().lines().map(l -> new JsonMapper().readTree(l)).toList();
    assertThat(objects.get(1).at("/tcp/resetBy").asString()).isEqualTo("server");
    assertThat(objects.get(2).at("/dns/rcode").asInt()).isEqualTo(3);
    assertThat(objects.get(3).at("/destination/name").asString())
        .isEqualTo("\u001b[31mred\u202e\nnext");
  }

  @Test
  void flows_yaml_isADocumentEach() {
    ALL.forEach(collector::flow);

    assertThat(flows("-o", "yaml")).isZero();
    assertThat(cli.out().lines().filter("---"::equals)).hasSize(ALL.size());
    assertThat(cli.out()).matches("(?s)[\\n\\x20-\\x7e]*").contains("verdict: \"dns-failed\"");
  }

  @Test
  void flows_hostileNames_areNeutralised() {
    collector.flow(FlowScenes.HOSTILE).lost("node\u001b[2J", 3, "gone\r");

    assertThat(flows()).isZero();
    assertThat(cli.out()).doesNotContain("\u001b", "\u202e", "\u0007").contains("\\x1b[31m");
    assertThat(cli.err()).isEqualTo("lost  3 flows of node\\x1b[2J: gone\\x0d\n");
  }

  @Test
  void flows_lost_isOnStandardErrorOrAnObject() {
    collector.flow(FlowScenes.DELIVERED).lost("node-b", 0, "its agent went away");

    assertThat(flows()).isZero();
    assertThat(cli.err()).isEqualTo("lost  flows of node-b: its agent went away\n");
    assertThat(flows("-o", "json")).isZero();
    assertThat(cli.out().lines().toList().getLast())
        .isEqualTo(
            "{\"lost\":{\"node\":\"node-b\",\"count\":0,\"reason\":\"its agent went away\"}}");
    assertThat(cli.err()).isEmpty();
  }

  @Test
  void flows_noOptions_asksForTheNewestTwenty() throws Exception {
    flows();
    assertThat(collector.observed.take())
        .isEqualTo(
            ObserveFlowsRequest.newBuilder()
                .setFilter(FlowCodec.encode(FlowFilter.ANY))
                .setLast(20)
                .build());
  }

  @Test
  void flows_options_reachTheCollector() throws Exception {
    flows(
        "--from",
        "shop/web",
        "--to",
        "db",
        "-p",
        "53",
        "--protocol",
        "udp",
        "--verdict",
        "refused,no-answer",
        "--verdict",
        "dns-failed",
        "--ip",
        "10.0.0.0/8",
        "--min-rtt",
        "1ms500us",
        "--retransmits",
        "--last",
        "7");
    ObserveFlowsRequest request = collector.observed.take();
    assertThat(request.getLast()).isEqualTo(7);
    assertThat(FlowCodec.decode(request.getFilter()))
        .isEqualTo(
            new FlowFilter(
                "shop/web",
                "db",
                53,
                Optional.of(Protocol.UDP),
                Set.of(Verdict.Id.REFUSED, Verdict.Id.NO_ANSWER, Verdict.Id.DNS_FAILED),
                Optional.of(Cidr.parse("10.0.0.0/8")),
                1_500_000,
                1));
  }

  @Test
  void flows_refused_printsSentenceAndExits3() {
    collector.then(
        FlowEvent.newBuilder()
            .setRefusal(
                Refusal.newBuilder()
                    .setReason(Refusal.Reason.REASON_NOT_OBSERVABLE)
                    .setMessage("no agent is connected"))
            .build());

    assertThat(flows()).isEqualTo(3);
    assertThat(cli.err()).isEqualTo("error: no agent is connected\n");
    assertThat(flows("-f", "-o", "json")).isEqualTo(3);
    assertThat(cli.out()).contains("\"reason\" : \"not-observable\"");
  }

  @Test
  void flows_followedAndCollectorLost_exits3() throws Exception {
    collector.flow(FlowScenes.DELIVERED);

    assertThat(flows("-f")).isEqualTo(3);
    assertThat(cli.out()).contains("shop/web-7c9", "delivered");
    assertThat(cli.err()).contains("ended the observation");
    ObserveFlowsRequest request = collector.observed.take();
    assertThat(request.getFollow()).isTrue();
    assertThat(request.getLast()).isZero();
  }

  @Test
  void flows_pcap_needsNoCollectorAndFilters() {
    collector.close();

    assertThat(flows("--pcap", "a.pcap", "b.pcap")).isZero();
    assertThat(cli.out()).contains("delivered", "dns-failed", "refused");
    assertThat(flows("--pcap", "a.pcap", "--verdict", "refused")).isZero();
    assertThat(cli.out()).hasLineCount(3).contains("[2001");
    assertThat(flows("--pcap", "a.pcap", "--last", "2", "-o", "json")).isZero();
    assertThat(cli.out()).hasLineCount(2).contains("no-answer", "refused");
  }

  @Test
  void flows_pcapUnreadable_isOneSentenceAndExits2() {
    Cli broken =
        new Cli(
            (files, _) -> {
              throw new IOException("cannot read " + files.getFirst() + ": no such file");
            });
    assertThat(broken.run("flows", "--pcap", "none.pcap")).isEqualTo(2);
    assertThat(broken.err()).isEqualTo("error: cannot read none.pcap: no such file\n");
  }

  @Test
  void flows_millionInFiles_keepsOnlyTheLast() {
    Cli large =
        new Cli((_, to) -> Collections.nCopies(1_000_000, FlowScenes.DELIVERED).forEach(to));
    assertThat(large.run("flows", "--pcap", "x", "--last", "3", "-o", "json")).isZero();
    assertThat(large.out()).hasLineCount(3);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "flows extra",
        "flows -p 65536",
        "flows --protocol sctp",
        "flows --verdict lost",
        "flows --ip nowhere",
        "flows --min-rtt 5",
        "flows --min-rtt 2h",
        "flows --retransmits -1",
        "flows --last -1",
        "flows --last 10001",
        "flows -f --pcap a.pcap",
        "flows --pcap",
        "top --by weight",
        "top -n 0",
        "top --interval 1ms",
        "capture -o x.pcapng",
        "capture shop/web-0",
        "capture shop/web-0 -o x.pcapng --duration 11m",
        "capture shop/web-0 -o x.pcapng --max-size 1GB",
        "capture shop/web-0 -o x.pcapng --max-size big",
        "capture shop/web-0 -o x.pcapng --snaplen 1",
        "capture shop/web-0 -o /",
        "capture shop/web-0 -o /no/such/folder/x.pcapng"
      })
  void commands_wrongUsage_exit2WithOneSentence(String line) {
    assertThat(cli.run(line.split(" "))).isEqualTo(2);
    assertThat(cli.err()).startsWith("error: ").doesNotContain("Exception:");
    assertThat(cli.err().lines().count()).isLessThanOrEqualTo(2);
    assertThat(cli.out()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"flows", "top", "capture"})
  void help_isAsRecorded(String command) throws IOException {
    assertThat(cli.run(command, "--help")).isZero();
    assertThat(cli.out().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(88));
    Golden.assertSame("help-" + command + ".txt", cli.out());
  }
}
