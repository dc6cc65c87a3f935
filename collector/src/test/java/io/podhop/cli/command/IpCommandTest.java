package io.podhop.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.podhop.cli.AddressScenes;
import io.podhop.cli.Golden;
import io.podhop.cli.ScriptedExplain;
import io.podhop.model.AddressHistory;
import io.podhop.model.AddressMoment;
import io.podhop.v1.AddressRequest;
import io.podhop.v1.AddressResponse;
import io.podhop.v1.NodeRequest;
import io.podhop.wire.AddressCodec;
import io.podhop.wire.NodeCodec;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(20)
class IpCommandTest {
  private final Cli cli = Cli.reading(List.of());
  private ScriptedExplain collector;

  @BeforeEach
  void start() throws IOException {
    collector = new ScriptedExplain();
  }

  @AfterEach
  void stop() {
    collector.close();
  }

  private int run(String... words) {
    String[] all = Arrays.copyOf(words, words.length + 2);
    all[words.length] = "--collector";
    all[words.length + 1] = collector.collector();
    return cli.run(all);
  }

  private static AddressResponse answer(List<String> silent, AddressHistory... nodes) {
    AddressResponse.Builder answer = AddressResponse.newBuilder().addAllSilentNodes(silent);
    for (AddressHistory node : nodes) {
      answer.addNodes(AddressCodec.encode(node));
    }
    return answer.build();
  }

  @Test
  void ip_knownAddress_printsAndExits0() throws Exception {
    collector.address(answer(List.of(), AddressScenes.onNodeB(), AddressScenes.onNodeA()));

    assertThat(run("ip", "10.1.2.3")).isZero();
    assertThat(cli.out()).startsWith("10.1.2.3 is held by shop/db-0 on node-a since ");
    assertThat(cli.err()).isEmpty();
    assertThat(collector.addresses.take())
        .isEqualTo(AddressRequest.newBuilder().setAddress("10.1.2.3").build());
  }

  @Test
  void ip_json_holdsEveryTenureAndItsEvidence() {
    collector.address(answer(List.of("node-c: gone"), AddressScenes.onNodeA()));

    assertThat(run("ip", "10.1.2.3", "-o", "json")).isZero();
    JsonNode tree = new JsonMapper().readTree(cli.out());
    assertThat(tree.at("/nodes/0/tenures/0/pod").asString()).isEqualTo("shop/web-0");
    assertThat(tree.at("/nodes/0/tenures/0/until").asString()).isEqualTo("2026-03-01T10:40:00Z");
    assertThat(tree.at("/nodes/0/tenures/1/until").isMissingNode()).isTrue();
    assertThat(tree.at("/nodes/0/tenures/0/evidence/0/place").asString()).isEqualTo("ipamd.log");
    assertThat(tree.at("/silentNodes/0").asString()).isEqualTo("node-c: gone");
  }

  @Test
  void ip_nobodys_exit1OrNotKnown3() {
    collector.address(answer(List.of(), AddressScenes.history("node-a", "")));
    assertThat(run("ip", "10.9.9.9")).isEqualTo(1);

    collector.address(answer(List.of("node-b: gone"), AddressScenes.history("node-a", "")));
    assertThat(run("ip", "10.9.9.9")).isEqualTo(3);
    assertThat(cli.out()).contains("note  no answer from node-b: gone");
  }

  @ParameterizedTest
  @CsvSource({"HELD,0", "COOLING,0", "FREE,0", "UNKNOWN,3", "ELSEWHERE,1"})
  void ip_at_exitsByWhatIsKnown(AddressMoment.State state, int exit) throws Exception {
    collector.address(
        answer(
            List.of(),
            AddressScenes.at(
                AddressScenes.onNodeA(), AddressScenes.moment(state, Optional.empty()))));

    assertThat(run("ip", "10.1.2.3", "--at", "2026-03-01T10:30:00Z")).isEqualTo(exit);
    assertThat(cli.out()).startsWith("10.1.2.3 ");
    assertThat(collector.addresses.take().getAtNs())
        .isEqualTo(AddressCodec.nanos(Instant.parse("2026-03-01T10:30:00Z")));
  }

  @Test
  void ip_pod_isAskedByName() throws Exception {
    collector.address(answer(List.of(), AddressScenes.onNodeA()));

    assertThat(run("ip", "--pod", "web-0", "-n", "shop")).isZero();
    assertThat(collector.addresses.take())
        .isEqualTo(AddressRequest.newBuilder().setPod("web-0").setNamespace("shop").build());
    assertThat(cli.out()).startsWith("shop/web-0 has 10.1.2.3 on node-a\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ip",
        "ip 10.1.2",
        "ip 10.1.2.3 --pod shop/web-0",
        "ip --pod shop/web-0 --at 10:32",
        "ip 10.1.2.3 --at soon",
        "ip 10.1.2.3 --at 2999-01-01T00:00:00Z",
        "ip 10.1.2.3 10.1.2.4",
        "node",
        "node a b"
      })
  void wrongUsage_oneSentenceAndExit2(String words) {
    assertThat(run(words.split(" "))).isEqualTo(2);
    assertThat(cli.err()).startsWith("error: ");
    assertThat(cli.out()).isEmpty();
  }

  @Test
  void node_known_printsAndExits0() throws Exception {
    collector.node(NodeCodec.encode(AddressScenes.node()));

    assertThat(run("node", "node-a")).isZero();
    assertThat(cli.out()).startsWith("node-a  10.1.0.10  m5.large\nmax pods   29 by EKS's formula");
    assertThat(collector.nodes.take())
        .isEqualTo(NodeRequest.newBuilder().setNode("node-a").build());
  }

  @Test
  void node_json_holdsItsRanges() {
    collector.node(NodeCodec.encode(AddressScenes.node()));

    assertThat(run("node", "node-a", "-o", "json")).isZero();
    JsonNode tree = new JsonMapper().readTree(cli.out());
    assertThat(tree.at("/maxPods").asInt()).isEqualTo(29);
    assertThat(tree.at("/enis/1/ranges/0/addresses/0/pod").asString()).isEqualTo("shop/web-0");
    assertThat(tree.at("/troubles/0/reason").asString()).isEqualTo("subnet");
  }

  @Test
  void node_unknown_sentenceAndExit2() {
    collector.refuses(
        Status.INVALID_ARGUMENT.withDescription("no node node-x; there is: node-a, node-b"));

    assertThat(run("node", "node-x")).isEqualTo(2);
    assertThat(cli.err()).isEqualTo("error: no node node-x; there is: node-a, node-b\n");
  }

  @Test
  void node_silent_sentenceAndExit3() {
    collector.refuses(
        Status.FAILED_PRECONDITION.withDescription(
            "nothing from node node-a: its agent is not connected"));

    assertThat(run("node", "node-a", "-o", "json")).isEqualTo(3);
    assertThat(new JsonMapper().readTree(cli.out()).at("/error").asString())
        .isEqualTo("nothing from node node-a: its agent is not connected");
  }

  @ParameterizedTest
  @CsvSource({
    "2026-03-01T10:32:00Z, 2026-03-01T10:32:00Z",
    "2026-03-01T10:32:00.5+02:00, 2026-03-01T08:32:00.5Z",
    "2026-03-01 10:32, 2026-03-01T09:32:00Z",
    "10:32, 2026-03-01T09:32:00Z",
    "13:00, 2026-02-28T12:00:00Z",
    "-5m, 2026-03-01T10:55:00Z",
    "-1h30m, 2026-03-01T09:30:00Z"
  })
  void moment_asPeopleWriteIt_isRead(String text, String instant) throws UsageException {
    MomentText moments =
        new MomentText(Instant.parse("2026-03-01T11:00:00Z"), ZoneId.of("Europe/Berlin"));

    assertThat(moments.parse(text)).isEqualTo(Instant.parse(instant));
  }

  @ParameterizedTest
  @ValueSource(strings = {"ip", "node"})
  void help_describesEveryOption(String command) throws IOException {
    assertThat(cli.run(command, "--help")).isZero();
    Golden.assertSame("help-" + command + ".txt", cli.out());
  }
}
