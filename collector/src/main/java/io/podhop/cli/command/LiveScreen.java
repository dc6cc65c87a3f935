package io.podhop.cli.command;

import java.io.PrintWriter;
import java.util.List;
import java.util.function.IntSupplier;

/**
 * A report that is drawn over itself on a terminal, on xterm's other screen: what was there before
 * is there again when it is closed, and the last report below it. Thread-safe, for a signal closes
 * it from another thread. Until something is shown it writes nothing.
 */
final class LiveScreen implements AutoCloseable {
  /** The other screen, no cursor, and no wrapping: what is too wide for the terminal is cut. */
  private static final String OPEN = "\u001b[?1049h\u001b[?25l\u001b[?7l";

  private static final String CLOSE = "\u001b[?7h\u001b[?25h\u001b[?1049l";
  private static final String HOME = "\u001b[H";

  /** Clears a line before it is written: at its end it would take the last column along. */
  private static final String ERASE_LINE = "\u001b[K";

  private static final String ERASE_BELOW = "\u001b[J";

  private final PrintWriter out;
  private final IntSupplier rows;
  private String shown = "";
  private boolean closed;

  /**
   * @param rows how high the terminal is now
   */
  LiveScreen(PrintWriter out, IntSupplier rows) {
    this.out = out;
    this.rows = rows;
  }

  /** Shows the first lines of a text, as many as there is room for, in place of the one before. */
  synchronized void show(String text) {
    if (closed) {
      return;
    }
    int height = rows.getAsInt();
    List<String> lines = text.lines().limit(height).toList();
    StringBuilder frame = new StringBuilder(shown.isEmpty() ? OPEN : "").append(HOME);
    frame.append(ERASE_LINE).append(String.join("\r\n" + ERASE_LINE, lines));
    if (lines.size() < height) {
      frame.append("\r\n").append(ERASE_BELOW);
    }
    out.print(frame);
    out.flush();
    shown = text;
  }

  @Override
  public void close() {
    restore();
  }

  /** Gives the terminal back, once; nothing is shown any more. */
  synchronized void restore() {
    if (!closed && !shown.isEmpty()) {
      out.print(CLOSE + shown);
      out.flush();
    }
    closed = true;
  }
}
