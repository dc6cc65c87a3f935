package io.podhop.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.podhop.cli.Explanations;
import io.podhop.cli.Golden;
import io.podhop.cli.ScriptedCollector;
import io.podhop.model.Explanation;
import io.podhop.model.Verdict;
import io.podhop.v1.ExplainRequest;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

@Timeout(20)
class ExplainCommandTest {
  private final Cli cli = Cli.reading(List.of());
  private ScriptedCollector collector;

  @BeforeEach
  void start() throws IOException {
    collector = new ScriptedCollector();
  }

  @AfterEach
  void stop() {
    collector.close();
  }

  private int explain(String... options) {
    String[] line = {"explain", "shop/web-7c9", "shop/db-0", "--collector", collector.address()};
    return cli.run(Stream.concat(Stream.of(line), Stream.of(options)).toArray(String[]::new));
  }

  @Test
  void explain_delivered_printsTheWayAndExits0() {
    collector.explains(Explanations.service());
    assertThat(explain()).isZero();
    assertThat(cli.out()).startsWith("shop/web-7c9").contains("\ndelivered  the request arrives");
    assertThat(cli.err()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Verdict.Id.class)
  void explain_everyVerdict_hasTheExitCodeOfItsStanding(Verdict.Id id) {
    Explanation explanation = Explanations.wrongEni();
    collector.explains(
        new Explanation(
            explanation.source(),
            explanation.destination(),
            explanation.protocol(),
            explanation.legs(),
            Explanations.verdict(id, Verdict.Place.NONE, "so it is"),
            List.of()));
    int expected =
        switch (id.standing()) {
          case DELIVERED -> 0;
          case FAILED -> 1;
          case OPEN -> 3;
        };
    assertThat(explain()).isEqualTo(expected);
    assertThat(cli.out()).contains("\n" + id + "  ");
  }

  @Test
  void explain_options_reachTheCollector() throws Exception {
    collector.explains(Explanations.service());
    explain("-n", "shop", "-p", "53", "--protocol", "udp", "--length", "9001");
    assertThat(collector.explained.take())
        .isEqualTo(
            ExplainRequest.newBuilder()
                .setSource("shop/web-7c9")
                .setDestination("shop/db-0")
                .setNamespace("shop")
                .setPort(53)
                .setProtocol(17)
                .setLength(9001)
                .build());
  }

  @Test
  void explain_json_isOneObject() {
    collector.explains(Explanations.wrongEni());
    assertThat(explain("-o", "json")).isEqualTo(1);
    assertThat(new JsonMapper().readTree(cli.out()).at("/verdict/id").asString())
        .isEqualTo("wrong-eni");
  }

  @Test
  void explain_unknownName_isUsage() {
    collector.endsWith(Status.INVALID_ARGUMENT.withDescription("no pod \u001b[31mweb"));
    assertThat(explain()).isEqualTo(2);
    assertThat(cli.err()).isEqualTo("error: no pod \\x1b[31mweb\n");
    assertThat(explain("-o", "json")).isEqualTo(2);
    assertThat(new JsonMapper().readTree(cli.out()).at("/reason").asString()).isEqualTo("usage");
  }

  @Test
  void explain_sourcesAgentGone_isNotObservable() {
    collector.endsWith(Status.FAILED_PRECONDITION.withDescription("the agent of node-a is gone"));
    assertThat(explain()).isEqualTo(3);
    assertThat(cli.err()).isEqualTo("error: the agent of node-a is gone\n");
  }

  @Test
  void explain_collectorDown_isOneSentenceAndExits3() {
    collector.close();
    assertThat(explain()).isEqualTo(3);
    assertThat(cli.err()).hasLineCount(1).startsWith("error: cannot reach the collector at");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "explain",
        "explain a",
        "explain a b c",
        "explain a b -p 65536",
        "explain a b --protocol sctp",
        "explain a b --protocol icmp -p 1",
        "explain a b --length 65536",
        "explain a b --length -1",
        "explain a b --count 2"
      })
  void explain_wrongUsage_exits2WithOneSentence(String line) {
    assertThat(cli.run(line.split(" "))).isEqualTo(2);
    assertThat(cli.err()).startsWith("error: ").doesNotContain("Exception");
    assertThat(cli.out()).isEmpty();
  }

  @Test
  void help_explain_isAsRecorded() throws IOException {
    assertThat(cli.run("explain", "--help")).isZero();
    Golden.assertSame("help-explain.txt", cli.out());
  }
}
