package io.podhop.cli.render;

import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Writes a tree as JSON or YAML; control characters are escaped in both. */
public final class Document {
  private Document() {}

  /** Indented JSON in ASCII, ended by a newline. */
  public static String json(ObjectNode tree) {
    ObjectMapper mapper =
        JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
            .build();
    return mapper.writeValueAsString(tree) + "\n";
  }

  /** The same as YAML, in ASCII too: every text is double-quoted, where YAML 1.2 has escapes. */
  public static String yaml(ObjectNode tree) {
    return ascii(YAMLMapper.builder().build().writeValueAsString(tree));
  }

  /** Escapes what is not ASCII in double-quoted YAML. */
  static String ascii(String yaml) {
    StringBuilder out = new StringBuilder(yaml.length());
    yaml.codePoints().forEach(point -> appendAscii(out, point));
    return out.toString();
  }

  /** A command that could not be carried out: {@code {"error": …, "reason": …}}. */
  public static ObjectNode failure(String error, String reason) {
    return JsonNodeFactory.instance.objectNode().put("error", error).put("reason", reason);
  }

  private static void appendAscii(StringBuilder out, int point) {
    if (point < 0x7f) {
      out.append((char) point);
    } else {
      out.append(String.format(point < 0x10000 ? "\\u%04x" : "\\U%08x", point));
    }
  }
}
