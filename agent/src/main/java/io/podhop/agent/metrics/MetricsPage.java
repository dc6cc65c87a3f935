package io.podhop.agent.metrics;

import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.io.OutputStream;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** All metrics at one moment, in the format that the asker prefers. */
public final class MetricsPage {
  private final FlowMetrics flows;
  private final ExpositionFormats formats = ExpositionFormats.init();
  private final Map<Metric, Supplier<List<Sample>>> sources = new EnumMap<>(Metric.class);

  public MetricsPage(FlowMetrics flows) {
    this.flows = flows;
  }

  /**
   * Where a metric that flows do not make comes from; before the page is first asked for.
   *
   * @param samples called by any thread, for every scrape
   */
  public MetricsPage with(Metric metric, Supplier<List<Sample>> samples) {
    sources.put(metric, samples);
    return this;
  }

  /**
   * Writes the page.
   *
   * @param accept the request's Accept header; empty for none
   * @return the media type that it is in
   */
  public String render(String accept, OutputStream body) throws IOException {
    ExpositionFormatWriter writer =
        formats.getOpenMetricsTextFormatWriter().accepts(accept)
            ? formats.getOpenMetricsTextFormatWriter()
            : formats.getPrometheusTextFormatWriter();
    writer.write(body, snapshots());
    return writer.getContentType();
  }

  private MetricSnapshots snapshots() {
    Samples samples = new Samples();
    flows.snapshot(samples);
    sources.forEach(
        (metric, source) ->
            source.get().forEach(sample -> samples.add(metric, sample.labels(), sample.value())));
    MetricSnapshots.Builder all = MetricSnapshots.builder();
    for (Metric metric : Metric.values()) {
      if (metric.kind() != Metric.Kind.HISTOGRAM) {
        all.metricSnapshot(snapshot(metric, samples.of(metric)));
      }
    }
    flows.histograms().forEach(latencies -> all.metricSnapshot(snapshot(latencies)));
    return all.build();
  }

  private static MetricSnapshot snapshot(Metric metric, Map<List<String>, Double> values) {
    if (metric.kind() == Metric.Kind.GAUGE) {
      GaugeSnapshot.Builder gauge =
          GaugeSnapshot.builder().name(metric.baseName()).help(metric.meaning());
      values.forEach(
          (labels, value) ->
              gauge.dataPoint(
                  GaugeSnapshot.GaugeDataPointSnapshot.builder()
                      .labels(labels(metric, labels))
                      .value(value)
                      .build()));
      return gauge.build();
    }
    CounterSnapshot.Builder counter =
        CounterSnapshot.builder().name(metric.baseName()).help(metric.meaning());
    values.forEach(
        (labels, value) ->
            counter.dataPoint(
                CounterSnapshot.CounterDataPointSnapshot.builder()
                    .labels(labels(metric, labels))
                    .value(value)
                    .build()));
    return counter.build();
  }

  private static MetricSnapshot snapshot(Latencies latencies) {
    HistogramSnapshot.Builder histogram =
        HistogramSnapshot.builder()
            .name(latencies.metric().baseName())
            .help(latencies.metric().meaning());
    for (Latencies.Distribution distribution : latencies.snapshot()) {
      histogram.dataPoint(
          HistogramSnapshot.HistogramDataPointSnapshot.builder()
              .labels(labels(latencies.metric(), distribution.labels()))
              .classicHistogramBuckets(
                  ClassicHistogramBuckets.of(latencies.bounds(), distribution.counts()))
              .sum(distribution.sum())
              .build());
    }
    return histogram.build();
  }

  private static Labels labels(Metric metric, List<String> values) {
    List<String> names = metric.attributes();
    Labels.Builder labels = Labels.builder();
    for (int i = 0; i < values.size(); i++) {
      labels.label(names.get(i).replace('.', '_'), values.get(i));
    }
    return labels.build();
  }
}
