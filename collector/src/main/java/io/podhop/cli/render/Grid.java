package io.podhop.cli.render;

import java.util.ArrayList;
import java.util.List;

/** Rows in aligned columns; the last column wraps within the style's width. */
final class Grid {
  private static final String GAP = "  ";

  private final Style style;
  private final int maxLines;
  private final List<Column> columns;
  private final List<List<Cell>> rows = new ArrayList<>();

  /**
   * A column of a grid.
   *
   * @param max columns of the terminal it may take; the widest cell decides below that
   * @param keepsTail cut in the middle instead of at the end
   */
  record Column(String title, int max, boolean keepsTail) {
    static Column of(String title, int max) {
      return new Column(title, max, false);
    }
  }

  /** A text that is safe to print, and its colour. */
  record Cell(String text, Style.Tone tone) {
    static Cell of(String text) {
      return new Cell(text, Style.Tone.PLAIN);
    }
  }

  /**
   * @param maxLines lines that a cell of the last column may take, unless the style is wide
   */
  Grid(Style style, int maxLines, List<Column> columns) {
    this.style = style;
    this.maxLines = maxLines;
    this.columns = columns;
    row(columns.stream().map(column -> new Cell(column.title(), Style.Tone.FAINT)).toList());
  }

  void row(List<Cell> cells) {
    rows.add(cells);
  }

  /** A row that is one text over all columns, where the second begins. */
  void span(String text) {
    TextFit.hanging("    ", text, style.width()).forEach(this::line);
  }

  /** A line over all columns that fits already. */
  void line(String text) {
    rows.add(List.of(Cell.of(text)));
  }

  List<String> lines() {
    int[] widths = widths();
    List<String> lines = new ArrayList<>();
    for (List<Cell> row : rows) {
      if (row.size() == 1) {
        lines.add(row.getFirst().text());
      } else {
        draw(row, widths, lines);
      }
    }
    return lines;
  }

  private int[] widths() {
    int last = columns.size() - 1;
    int[] widths = new int[columns.size()];
    int used = 0;
    for (int i = 0; i < last; i++) {
      for (List<Cell> row : rows) {
        if (row.size() == 1) {
          continue;
        }
        widths[i] = Math.max(widths[i], row.get(i).text().length());
      }
      if (!style.wide()) {
        widths[i] = Math.min(widths[i], columns.get(i).max());
      }
      used += widths[i] + GAP.length();
    }
    widths[last] = style.wide() ? Integer.MAX_VALUE : style.width() - used;
    return widths;
  }

  private void draw(List<Cell> row, int[] widths, List<String> lines) {
    int last = columns.size() - 1;
    StringBuilder line = new StringBuilder();
    int used = 0;
    for (int i = 0; i < last; i++) {
      String fitted = fit(row.get(i).text(), widths[i], columns.get(i));
      String padding = " ".repeat(widths[i] - fitted.length()) + GAP;
      line.append(fitted.isEmpty() ? "" : style.paint(row.get(i).tone(), fitted)).append(padding);
      used += widths[i] + GAP.length();
    }
    Cell tail = row.get(last);
    List<String> wrapped =
        style.wide()
            ? List.of(tail.text())
            : TextFit.wrap(tail.text(), widths[last], maxLines, style.ellipsis());
    for (String part : wrapped) {
      String text = part.isEmpty() ? "" : style.paint(tail.tone(), part);
      lines.add((line + text).stripTrailing());
      line = new StringBuilder(" ".repeat(used));
    }
  }

  private String fit(String text, int width, Column column) {
    return column.keepsTail()
        ? TextFit.cutMiddle(text, width, style.ellipsis())
        : TextFit.cutEnd(text, width, style.ellipsis());
  }
}
