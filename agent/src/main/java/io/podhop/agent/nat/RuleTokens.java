package io.podhop.agent.nat;

import java.util.ArrayList;
import java.util.List;

/**
 * The words of a rule as iptables-save prints it: quotes group, a backslash escapes inside them.
 */
final class RuleTokens {
  private final List<String> words = new ArrayList<>();
  private final List<Integer> starts = new ArrayList<>();
  private final List<Integer> ends = new ArrayList<>();

  RuleTokens(String line) {
    int i = 0;
    while (i < line.length()) {
      if (Character.isWhitespace(line.charAt(i))) {
        i++;
      } else {
        i = word(line, i);
      }
    }
  }

  int size() {
    return words.size();
  }

  String get(int index) {
    return index < words.size() ? words.get(index) : "";
  }

  /** Where the word begins in the line. */
  int start(int index) {
    return starts.get(index);
  }

  /** Where the word ends in the line, exclusive. */
  int end(int index) {
    return ends.get(index);
  }

  private int word(String line, int start) {
    StringBuilder word = new StringBuilder();
    boolean quoted = false;
    int i = start;
    while (i < line.length() && (quoted || !Character.isWhitespace(line.charAt(i)))) {
      char c = line.charAt(i);
      if (c == '"') {
        quoted = !quoted;
      } else if (quoted && c == '\\' && i + 1 < line.length()) {
        i++;
        word.append(line.charAt(i));
      } else {
        word.append(c);
      }
      i++;
    }
    words.add(word.toString());
    starts.add(start);
    ends.add(i);
    return i;
  }
}
