package io.podhop.agent.ipam;

import static io.podhop.agent.ipam.MessageParser.text;

import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Makes records of physical lines: seelog text (up to 1.6.0), one JSON object per line (since
 * 1.6.1), JSON that a tool printed over several lines, and lines that were cut at either end.
 */
final class LogAssembler {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Pattern SEELOG =
      Pattern.compile("^(?<ts>\\S{10,35}) \\[(?<level>[A-Z]{4,8})][ \\t]*(?<msg>.*)$");
  private static final Pattern LEVEL = Pattern.compile("\"level\" ?: ?\"([a-z]+)\"");
  private static final Pattern TS = Pattern.compile("\"ts\" ?: ?\"([^\"]+)\"");
  private static final Pattern MESSAGE = Pattern.compile("\"msg\" ?: ?\"((?:[^\"\\\\]|\\\\.)*)");
  private static final Pattern ESCAPE = Pattern.compile("\\\\(.)");
  private static final int MAX_JOINED_LINES = 64;
  private static final int MAX_JOINED_CHARACTERS = 1 << 20;

  private final Consumer<LogRecord> records;
  private final StringBuilder open = new StringBuilder();
  private int openLines;
  private long unreadable;
  private long continuations;

  LogAssembler(Consumer<LogRecord> records) {
    this.records = records;
  }

  void accept(String line) {
    if (openLines > 0) {
      continueObject(line);
    } else {
      begin(line);
    }
  }

  /** Ends an unfinished record: nothing more will come from this file, or not soon. */
  void flush() {
    if (openLines > 0) {
      String text = open.toString();
      drop();
      salvage(text);
    }
  }

  /** Lines of which nothing could be made. */
  long unreadable() {
    return unreadable;
  }

  /** Lines that belonged to the record before them. */
  long continuations() {
    return continuations;
  }

  private void begin(String line) {
    if (line.isBlank()) {
      return;
    }
    if (line.startsWith("{")) {
      if (!complete(line)) {
        open.append(line);
        openLines = 1;
      }
    } else if (line.startsWith("\t")) {
      continuations++;
    } else {
      seelog(line);
    }
  }

  private void continueObject(String line) {
    boolean newRecord = line.startsWith("{") || SEELOG.matcher(line).matches();
    if (newRecord || openLines >= MAX_JOINED_LINES || open.length() > MAX_JOINED_CHARACTERS) {
      flush();
      begin(line);
      return;
    }
    open.append(line);
    openLines++;
    continuations++;
    boolean mayEnd = line.endsWith("}");
    if (mayEnd && complete(open.toString())) {
      drop();
    }
  }

  private void drop() {
    open.setLength(0);
    openLines = 0;
  }

  private boolean complete(String text) {
    try {
      JsonNode node = JSON.readTree(text);
      if (!node.isObject() || !node.path("msg").isString()) {
        return false;
      }
      records.accept(
          new LogRecord(
              LogRecord.time(node.path("ts").asString("")),
              node.path("level").asString("").toLowerCase(Locale.ROOT),
              node.path("msg").asString("")));
      return true;
    } catch (JacksonException e) {
      return false;
    }
  }

  private void seelog(String line) {
    Matcher m = SEELOG.matcher(line);
    if (m.matches()) {
      records.accept(
          new LogRecord(
              LogRecord.time(text(m.group("ts"))),
              text(m.group("level")).toLowerCase(Locale.ROOT),
              text(m.group("msg"))));
    } else {
      salvage(line);
    }
  }

  /** What is left of a cut line is a record as long as its message begins in it. */
  private void salvage(String text) {
    Matcher message = MESSAGE.matcher(text);
    int from = 0;
    while (message.find()) {
      String before = text.substring(from, message.start());
      records.accept(
          new LogRecord(
              last(TS, before).flatMap(LogRecord::time),
              last(LEVEL, before).orElse(""),
              unescape(text(message.group(1)))));
      from = message.end();
    }
    if (from > 0) {
      return;
    }
    String bare = unescape(text).replaceFirst("^.*?\\[[A-Z]{4,8}][ \\t]*", "");
    if (MessageParser.mayCarryFacts(bare)) {
      records.accept(new LogRecord(Optional.empty(), "", bare));
    } else {
      unreadable++;
    }
  }

  private static Optional<String> last(Pattern pattern, String text) {
    Matcher m = pattern.matcher(text);
    @Nullable String found = null;
    while (m.find()) {
      found = m.group(1);
    }
    return Optional.ofNullable(found);
  }

  private static String unescape(String text) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    return ESCAPE
        .matcher(text)
        .replaceAll(
            escape ->
                Matcher.quoteReplacement(
                    switch (text(escape.group(1))) {
                      case "n" -> "\n";
                      case "t" -> "\t";
                      case "r" -> "\r";
                      case String other -> other;
                    }));
  }
}
