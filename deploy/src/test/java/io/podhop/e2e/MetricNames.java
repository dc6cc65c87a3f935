package io.podhop.e2e;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** {@code deploy/schema/podhop-metrics.yaml}: the names that a scraper may see. */
final class MetricNames {
  private MetricNames() {}

  @SuppressWarnings("unchecked")
  static Set<String> onTheWire() throws IOException {
    try (InputStream file = Files.newInputStream(Path.of("schema", "podhop-metrics.yaml"))) {
      Map<String, Map<String, Map<String, Object>>> schema =
          (Map<String, Map<String, Map<String, Object>>>)
              new Load(LoadSettings.builder().build()).loadFromInputStream(file);
      Set<String> names = new TreeSet<>();
      schema.get("metrics").values().forEach(metric -> names.add((String) metric.get("wire")));
      return names;
    }
  }
}
