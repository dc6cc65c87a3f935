package io.podhop.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.metrics.Metric;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The schema file and the code's metrics are the same list. */
@SuppressWarnings("unchecked")
class MetricSchemaTest {
  private static final Map<String, Object> SCHEMA = read();
  private static final Map<String, Map<String, Object>> METRICS =
      (Map<String, Map<String, Object>>) SCHEMA.get("metrics");
  private static final Map<String, String> ATTRIBUTES =
      (Map<String, String>) SCHEMA.get("attributes");

  private static Map<String, Object> read() {
    try (InputStream file = Files.newInputStream(Path.of("schema", "podhop-metrics.yaml"))) {
      return (Map<String, Object>)
          new Load(LoadSettings.builder().build()).loadFromInputStream(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void schemaFile_listsExactlyTheMetricsOfTheCode() {
    assertThat(METRICS.keySet())
        .containsExactlyElementsOf(Arrays.stream(Metric.values()).map(Metric::otelName).toList());
  }

  @Test
  void schemaFile_saysOfEachWhatTheCodeSays() {
    for (Metric metric : Metric.values()) {
      Map<String, Object> said = METRICS.get(metric.otelName());
      assertThat(said)
          .as(metric.otelName())
          .containsEntry("kind", metric.kind().name().toLowerCase(Locale.ROOT))
          .containsEntry("unit", metric.unit())
          .containsEntry("wire", metric.prometheusName())
          .containsEntry("meaning", metric.meaning())
          .containsKey("registered");
      assertThat(said.getOrDefault("attributes", List.of()))
          .as(metric.otelName())
          .isEqualTo(metric.attributes());
      assertThat(said.containsKey("bounds")).isEqualTo(metric.kind() == Metric.Kind.HISTOGRAM);
    }
  }

  @Test
  void schemaFile_explainsEveryAttributeAndNoOther() {
    assertThat(ATTRIBUTES.keySet())
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(Metric.values())
                .flatMap(metric -> metric.attributes().stream())
                .distinct()
                .toList());
    assertThat(ATTRIBUTES.values()).allSatisfy(meaning -> assertThat(meaning).isNotBlank());
  }
}
