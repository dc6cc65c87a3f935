package io.podhop.cli.render;

import java.util.ArrayList;
import java.util.List;

/** Fits one-column characters into a given number of columns. */
final class TextFit {
  private TextFit() {}

  static String padRight(String text, int width) {
    return text.length() >= width ? text : text + " ".repeat(width - text.length());
  }

  /** Cuts the end: for text whose beginning tells most. */
  static String cutEnd(String text, int width, String ellipsis) {
    return text.length() <= width
        ? text
        : text.substring(0, Math.max(0, width - ellipsis.length())) + ellipsis;
  }

  /** Cuts the middle: generated names differ at their end. */
  static String cutMiddle(String text, int width, String ellipsis) {
    if (text.length() <= width) {
      return text;
    }
    int kept = Math.max(0, width - ellipsis.length());
    int tail = kept / 2;
    return text.substring(0, kept - tail) + ellipsis + text.substring(text.length() - tail);
  }

  /** Breaks at spaces; a word longer than a line is broken where the line ends. */
  static List<String> wrap(String text, int width) {
    List<String> lines = new ArrayList<>();
    String rest = text.strip();
    while (rest.length() > width) {
      int space = rest.lastIndexOf(' ', width);
      int end = space > 0 ? space : width;
      lines.add(rest.substring(0, end).stripTrailing());
      rest = rest.substring(end).stripLeading();
    }
    lines.add(rest);
    return lines;
  }

  /** Wraps, and says with an ellipsis that lines beyond {@code maxLines} were left out. */
  static List<String> wrap(String text, int width, int maxLines, String ellipsis) {
    List<String> lines = wrap(text, width);
    if (lines.size() <= maxLines) {
      return lines;
    }
    List<String> kept = new ArrayList<>(lines.subList(0, maxLines));
    String last = kept.getLast() + " " + lines.get(maxLines);
    kept.set(maxLines - 1, cutEnd(last + ellipsis, width, ellipsis));
    return kept;
  }

  /** {@code head} followed by the text; further lines are indented to where the text began. */
  static List<String> hanging(String head, String text, int width) {
    List<String> lines = new ArrayList<>();
    for (String line : wrap(text, width == Integer.MAX_VALUE ? width : width - head.length())) {
      lines.add((lines.isEmpty() ? head : " ".repeat(head.length())) + line);
    }
    return lines;
  }
}
