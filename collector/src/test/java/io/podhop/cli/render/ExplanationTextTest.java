package io.podhop.cli.render;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.cli.Explanations;
import io.podhop.cli.Golden;
import io.podhop.model.Explanation;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ExplanationTextTest {
  private static final Style TABLE = new Style(true, false, false);
  private static final Style WIDE = new Style(true, false, true);
  private static final Style ASCII = new Style(false, false, false);

  static Stream<Explanation> all() {
    return Stream.of(
        Explanations.service(),
        Explanations.wrongEni(),
        Explanations.farNodeSilent(),
        Explanations.external(),
        Explanations.hostile());
  }

  @Test
  void text_service_isAsRecorded() throws IOException {
    Golden.assertSame("explain-service.txt", ExplanationText.of(Explanations.service(), TABLE));
  }

  @Test
  void text_wrongEni_isAsRecorded() throws IOException {
    Golden.assertSame("explain-wrong-eni.txt", ExplanationText.of(Explanations.wrongEni(), TABLE));
  }

  @Test
  void text_external_isAsRecorded() throws IOException {
    Golden.assertSame("explain-external.txt", ExplanationText.of(Explanations.external(), TABLE));
  }

  @Test
  void text_farNodeSilent_isAsRecorded() throws IOException {
    Golden.assertSame(
        "explain-silent.txt", ExplanationText.of(Explanations.farNodeSilent(), TABLE));
  }

  @Test
  void text_wide_citesEveryLineAndTheTuple() {
    assertThat(ExplanationText.of(Explanations.service(), WIDE))
        .contains(
            "tcp 192.168.1.21:49152 > 10.100.7.7:80",
            "KUBE-SEP-AAAAAAAAAAAAAAAA #2 -p tcp -j DNAT --to-destination 192.168.33.7:5432",
            "4026532281");
  }

  @ParameterizedTest
  @MethodSource("all")
  void text_any_fitsTheTerminalAndIsSafe(Explanation explanation) {
    for (Style style : new Style[] {TABLE, ASCII}) {
      assertThat(ExplanationText.of(explanation, style).lines())
          .allSatisfy(
              line ->
                  assertThat(line).hasSizeLessThanOrEqualTo(80).doesNotContain("\u001b", "\u202e"));
    }
    assertThat(ExplanationText.of(explanation, ASCII)).matches("[\\n -~]*");
  }

  @Test
  void json_service_isAsRecorded() throws IOException {
    Golden.assertSame("explain.json", Document.json(ExplanationTree.of(Explanations.service())));
  }

  @Test
  void json_everyFate_isTold() {
    JsonNode silent = json(Explanations.farNodeSilent());
    assertThat(silent.at("/legs/0/fate/kind").asString()).isEqualTo("dies");
    assertThat(silent.at("/legs/0/fate/verdict").asString()).isEqualTo("wrong-eni");
    assertThat(silent.at("/legs/0/fate/advice").asString()).startsWith("restore rule 1536");
    assertThat(silent.at("/legs/1/fate/kind").asString()).isEqualTo("unclear");
    assertThat(silent.at("/legs/1/fate/because").asString()).contains("not connected");
    assertThat(silent.at("/verdict/id").asString()).isEqualTo("not-observed");
    JsonNode external = json(Explanations.external());
    assertThat(external.at("/legs/0/translation/kind").asString()).isEqualTo("snat");
    assertThat(external.at("/legs/0/fate/interface").asString()).isEqualTo("eth0");
    assertThat(external.at("/legs/1/hops/0/number").asInt()).isEqualTo(4);
    assertThat(Document.json(ExplanationTree.of(Explanations.hostile()))).matches("[\\n -~]*");
  }

  private static JsonNode json(Explanation explanation) {
    return new JsonMapper().readTree(Document.json(ExplanationTree.of(explanation)));
  }
}
