package io.podhop.cli.render;

import java.util.Map;

/**
 * Makes text from the network fit for a terminal: no control or escape sequence, nothing that
 * reorders a line, and every character one column wide.
 */
final class SafeText {
  private static final Map<Integer, String> ASCII =
      Map.of(
          (int) '→', "->", (int) '…', "...", (int) '×', "x", (int) 'µ', "u", (int) '±', "+/-",
          (int) '−', "-", (int) '–', "-", (int) '≈', "~");

  private SafeText() {}

  static String of(String wire, boolean unicode) {
    return isPrintableAscii(wire) ? wire : escaped(wire, unicode);
  }

  private static boolean isPrintableAscii(String wire) {
    for (int i = 0; i < wire.length(); i++) {
      char c = wire.charAt(i);
      if (c < ' ' || c >= 0x7f) {
        return false;
      }
    }
    return true;
  }

  private static String escaped(String wire, boolean unicode) {
    StringBuilder out = new StringBuilder(wire.length());
    wire.codePoints().forEach(point -> append(out, point, unicode));
    return out.toString();
  }

  private static void append(StringBuilder out, int point, boolean unicode) {
    if (point >= ' ' && point < 0x7f) {
      out.append((char) point);
    } else if (unicode && oneColumn(point)) {
      out.append((char) point);
    } else if (!unicode && ASCII.containsKey(point)) {
      out.append(ASCII.get(point));
    } else {
      out.append(String.format(point < 0x100 ? "\\x%02x" : "\\u{%x}", point));
    }
  }

  /** Letters and signs of the scripts that terminals draw in one cell, left to right. */
  private static boolean oneColumn(int point) {
    boolean narrow = point > 0xa0 && point < 0x600 || point >= 0x2010 && point < 0x2300;
    return narrow
        && switch (Character.getType(point)) {
          case Character.CONTROL,
              Character.FORMAT,
              Character.NON_SPACING_MARK,
              Character.ENCLOSING_MARK,
              Character.COMBINING_SPACING_MARK,
              Character.LINE_SEPARATOR,
              Character.PARAGRAPH_SEPARATOR,
              Character.SPACE_SEPARATOR,
              Character.UNASSIGNED ->
              false;
          default -> Character.getDirectionality(point) != Character.DIRECTIONALITY_RIGHT_TO_LEFT;
        };
  }
}
