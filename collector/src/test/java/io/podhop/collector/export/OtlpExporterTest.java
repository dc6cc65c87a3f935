package io.podhop.collector.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.podhop.collector.fixture.BackEnd;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OtlpExporterTest {
  private final Counters counters = new Counters();

  private static List<ResourceSpans> spans(String name) {
    ResourceSpans.Builder resource = ResourceSpans.newBuilder();
    resource.addScopeSpansBuilder().addSpansBuilder().setName(name);
    return List.of(resource.build());
  }

  @Test
  void export_backEndRefusesAtFirst_triesAgainAndDelivers() throws Exception {
    try (BackEnd backEnd = new BackEnd(0)) {
      backEnd.failNext(2);
      OtlpExporter exporter =
          new OtlpExporter(new OtlpEndpoint("127.0.0.1", backEnd.port(), false), counters);
      exporter.start();
      exporter.export(spans("one"));
      await().atMost(10, TimeUnit.SECONDS).until(() -> backEnd.spans().size() == 1);
      exporter.close();
      assertThat(counters.get(CollectorCounter.EXPORT_RETRIED)).isEqualTo(2);
      assertThat(counters.get(CollectorCounter.EXPORT_SENT)).isEqualTo(1);
    }
  }

  @Test
  void close_spansQueued_sendsThemFirst() throws Exception {
    try (BackEnd backEnd = new BackEnd(0)) {
      OtlpExporter exporter =
          new OtlpExporter(new OtlpEndpoint("127.0.0.1", backEnd.port(), false), counters);
      for (int i = 0; i < 50; i++) {
        exporter.export(spans("span " + i));
      }
      exporter.start();
      exporter.close();
      assertThat(backEnd.spans()).hasSize(50);
    }
  }

  @Test
  void export_noBackEndAndTooMany_countsWhatIsDropped() throws Exception {
    int free;
    try (BackEnd gone = new BackEnd(0)) {
      free = gone.port();
    }
    OtlpExporter exporter = new OtlpExporter(new OtlpEndpoint("127.0.0.1", free, false), counters);
    for (int i = 0; i < OtlpExporter.MAX_QUEUE + 7; i++) {
      exporter.export(spans("span"));
    }
    assertThat(counters.get(CollectorCounter.EXPORT_DROPPED)).isEqualTo(7);
    exporter.close();
  }

  @ParameterizedTest
  @CsvSource({
    "http://otel:4317,otel,4317,false",
    "otel:11800,otel,11800,false",
    "https://tempo,tempo,4317,true"
  })
  void parse_endpoint_isUnderstood(String text, String host, int port, boolean tls) {
    assertThat(OtlpEndpoint.parse(text)).isEqualTo(new OtlpEndpoint(host, port, tls));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ftp://otel:1", "http://", "a b:1"})
  void parse_noEndpoint_saysHowToWriteIt(String text) {
    assertThatThrownBy(() -> OtlpEndpoint.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("http://HOST:PORT");
  }
}
