package io.podhop.cli.command;

import java.util.Arrays;
import java.util.List;

/** What a terminal shows of a byte stream: as much of ECMA-48 and xterm as podhop may use. */
final class Screen {
  private final char[][] main;
  private final char[][] alternate;
  private final StringBuilder sequence = new StringBuilder();
  private char[][] cells;
  private int row;
  private int column;
  private int savedRow;
  private int savedColumn;
  private int scrolled;
  private int wrapped;
  private boolean wraps = true;
  private boolean cursorShown = true;

  Screen(int rows, int columns) {
    main = new char[rows][columns];
    alternate = new char[rows][columns];
    cells = main;
    clear(main);
    clear(alternate);
  }

  private static void clear(char[][] cells) {
    for (char[] line : cells) {
      Arrays.fill(line, ' ');
    }
  }

  /**
   * @throws IllegalArgumentException at a control sequence that is none of podhop's
   */
  synchronized void accept(char c) {
    if (!sequence.isEmpty() || c == '\u001b') {
      sequence.append(c);
      if (sequence.length() > 2 && Character.isLetter(c)) {
        control(sequence.substring(2, sequence.length() - 1), c);
        sequence.setLength(0);
      }
    } else if (c == '\r') {
      column = 0;
    } else if (c == '\n') {
      down();
    } else if (c >= ' ') {
      print(c);
    } else {
      throw new IllegalArgumentException("control character " + (int) c);
    }
  }

  private void print(char c) {
    if (column == cells[0].length) {
      if (wraps) {
        wrapped++;
        column = 0;
        down();
      } else {
        column--;
      }
    }
    cells[row][column++] = c;
  }

  private void down() {
    if (row < cells.length - 1) {
      row++;
      return;
    }
    scrolled++;
    char[] first = cells[0];
    System.arraycopy(cells, 1, cells, 0, cells.length - 1);
    Arrays.fill(first, ' ');
    cells[cells.length - 1] = first;
  }

  private void control(String parameters, char what) {
    switch (parameters + what) {
      case "H" -> moveTo(0, 0);
      case "K" -> eraseToEndOfLine();
      case "J" -> {
        eraseToEndOfLine();
        for (int below = row + 1; below < cells.length; below++) {
          Arrays.fill(cells[below], ' ');
        }
      }
      case "?25l" -> cursorShown = false;
      case "?25h" -> cursorShown = true;
      case "?7l" -> wraps = false;
      case "?7h" -> wraps = true;
      case "?1049h" -> {
        savedRow = row;
        savedColumn = column;
        clear(alternate);
        cells = alternate;
      }
      case "?1049l" -> {
        cells = main;
        moveTo(savedRow, savedColumn);
      }
      default -> {
        if (what != 'm') {
          throw new IllegalArgumentException("control sequence " + parameters + what);
        }
      }
    }
  }

  /** After the last column the cursor still stands on it, and takes it along. */
  private void eraseToEndOfLine() {
    int columns = cells[row].length;
    Arrays.fill(cells[row], Math.min(column, columns - 1), columns, ' ');
  }

  private void moveTo(int toRow, int toColumn) {
    row = toRow;
    column = toColumn;
  }

  /** Without what is blank at the end of a line and at the end of the screen. */
  synchronized List<String> lines() {
    List<String> lines =
        Arrays.stream(cells).map(String::valueOf).map(String::stripTrailing).toList();
    int last = lines.size();
    while (last > 0 && lines.get(last - 1).isEmpty()) {
      last--;
    }
    return lines.subList(0, last);
  }

  synchronized boolean isAlternate() {
    return cells == alternate;
  }

  /** As a shell wants it: the main screen, the cursor shown, lines that wrap. */
  synchronized boolean isRestored() {
    return cells == main && cursorShown && wraps;
  }

  synchronized boolean isCursorShown() {
    return cursorShown;
  }

  /** Lines that left at the top. */
  synchronized int scrolled() {
    return scrolled;
  }

  /** Lines that were longer than the screen is wide. */
  synchronized int wrapped() {
    return wrapped;
  }
}
