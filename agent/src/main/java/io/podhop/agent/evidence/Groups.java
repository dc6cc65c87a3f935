package io.podhop.agent.evidence;

import java.util.regex.Matcher;

/** What a pattern found. */
final class Groups {
  private Groups() {}

  /** A group's text; empty when the group took no part in the match. */
  static String text(Matcher matcher, int group) {
    String text = matcher.group(group);
    return text == null ? "" : text;
  }
}
