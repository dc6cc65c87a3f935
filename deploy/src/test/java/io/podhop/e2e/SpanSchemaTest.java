package io.podhop.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.wire.Schema;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The schema file and the code's names are the same list. */
class SpanSchemaTest {
  private static final Set<String> KEYS =
      Set.of("type", "on", "required", "unit", "registered", "meaning");
  private static final Set<String> TYPES = Set.of("string", "string[]", "int", "boolean", "bytes");
  private static final Set<String> PLACES =
      Set.of("resource", "root", "accept", "crossing", "vpc", "close", "interval", "add", "step");

  @Test
  void schemaFile_listsExactlyTheAttributesOfTheCode() throws IllegalAccessException {
    List<String> code = new ArrayList<>();
    for (Field field : Schema.class.getDeclaredFields()) {
      if (field.getType() == String.class && !field.getName().equals("SCOPE")) {
        code.add((String) field.get(null));
      }
    }

    assertThat(code).doesNotHaveDuplicates();
    assertThat(SpanSchema.read().names()).containsExactlyInAnyOrderElementsOf(code);
  }

  @Test
  void schemaFile_describesEveryAttributeInFull() {
    SpanSchema.read().attributes().forEach(SpanSchemaTest::describes);
  }

  private static void describes(String name, Map<String, Object> attribute) {
    assertThat(KEYS).as(name).containsAll(attribute.keySet());
    assertThat(attribute).as(name).containsKeys("type", "on", "registered", "meaning");
    assertThat(TYPES).as(name).contains((String) attribute.get("type"));
    assertThat(PLACES).as(name).containsAll(SpanSchema.on(attribute));
    assertThat((String) attribute.get("meaning")).as(name).isNotBlank();
    boolean ours = name.startsWith("podhop.") || name.startsWith("aws.");
    assertThat(ours && (Boolean) attribute.get("registered"))
        .as("%s is ours, so not registered", name)
        .isFalse();
  }
}
