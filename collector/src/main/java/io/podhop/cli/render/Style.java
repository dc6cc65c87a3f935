package io.podhop.cli.render;

import io.podhop.model.Verdict;
import java.util.List;

/**
 * How text is drawn on this terminal.
 *
 * @param unicode whether the output's charset can carry arrows; ASCII stands in otherwise
 * @param colour whether escape codes may be written
 * @param wide no limit of columns, every detail
 */
public record Style(boolean unicode, boolean colour, boolean wide) {
  static final int COLUMNS = 80;

  /** Colour by meaning. */
  enum Tone {
    PLAIN(""),
    GOOD("32"),
    BAD("31"),
    ODD("33"),
    FAINT("2");

    private final String code;

    Tone(String code) {
      this.code = code;
    }

    /** Of a verdict; {@code degraded} as it has them. */
    static Tone of(Verdict.Id id, List<String> degraded) {
      return switch (id.standing()) {
        case DELIVERED -> degraded.isEmpty() ? GOOD : ODD;
        case OPEN -> ODD;
        case FAILED -> BAD;
      };
    }
  }

  /** Columns that a line may take. */
  int width() {
    return wide ? Integer.MAX_VALUE : COLUMNS;
  }

  /** A part of a line that is not the last: cut in the middle unless there is room for all. */
  String name(String wire, int width) {
    String safe = text(wire);
    return wide ? safe : TextFit.cutMiddle(safe, width, ellipsis());
  }

  /** Text from the wire, safe to print. */
  public String text(String wire) {
    return SafeText.of(wire, unicode);
  }

  String paint(Tone tone, String text) {
    return colour && tone != Tone.PLAIN ? "\u001b[" + tone.code + "m" + text + "\u001b[0m" : text;
  }

  String arrow() {
    return unicode ? "→" : "->";
  }

  String ellipsis() {
    return unicode ? "…" : "...";
  }

  String times() {
    return unicode ? "×" : "x";
  }

  String micro() {
    return unicode ? "µs" : "us";
  }

  String plusMinus() {
    return unicode ? "±" : "+/-";
  }

  String about() {
    return unicode ? "≈" : "~";
  }
}
