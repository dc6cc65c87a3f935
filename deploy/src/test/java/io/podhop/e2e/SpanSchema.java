package io.podhop.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** {@code deploy/schema/podhop-spans.yaml}: what may be on a span, and what must be. */
record SpanSchema(Map<String, Map<String, Object>> attributes) {
  static final Path FILE = Path.of("schema/podhop-spans.yaml");

  static SpanSchema read() {
    try {
      Object document =
          new Load(LoadSettings.builder().build()).loadFromString(Files.readString(FILE));
      @SuppressWarnings("unchecked")
      Map<String, Map<String, Map<String, Object>>> root =
          (Map<String, Map<String, Map<String, Object>>>) document;
      return new SpanSchema(root.get("attributes"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Set<String> names() {
    return new TreeSet<>(attributes.keySet());
  }

  /** Attributes that a kind of span ({@code root}, {@code accept}, …) always has. */
  Set<String> required(String spanKind) {
    return attributes.entrySet().stream()
        .filter(entry -> on(entry.getValue()).contains(spanKind))
        .filter(entry -> Boolean.TRUE.equals(entry.getValue().get("required")))
        .map(Map.Entry::getKey)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @SuppressWarnings("unchecked")
  static List<String> on(Map<String, Object> attribute) {
    return (List<String>) attribute.get("on");
  }
}
