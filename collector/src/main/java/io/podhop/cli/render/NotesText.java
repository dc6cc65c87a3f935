package io.podhop.cli.render;

import java.util.ArrayList;
import java.util.List;

/** What is to be known before an answer is believed, one note after the other. */
public final class NotesText {
  private NotesText() {}

  /** The lines, folded to the width of the terminal; nothing in them can steer it. */
  public static List<String> lines(List<String> notes, Style style) {
    List<String> lines = new ArrayList<>();
    for (String note : notes) {
      lines.addAll(TextFit.hanging("note  ", style.text(note), style.width()));
    }
    return lines;
  }
}
