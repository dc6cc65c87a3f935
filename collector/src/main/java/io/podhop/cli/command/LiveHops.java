package io.podhop.cli.command;

import io.podhop.cli.client.TraceNews;
import io.podhop.cli.render.LiveText;
import io.podhop.cli.render.Style;
import java.io.PrintWriter;

/** Shows hops as they arrive, and takes the lines back before the table is printed. */
final class LiveHops {
  /** Fewer than any terminal has: lines that scrolled away could not be erased. */
  private static final int MAX_LINES = 16;

  private final PrintWriter out;
  private final Style style;
  private final boolean enabled;
  private int lines;

  LiveHops(PrintWriter out, Style style, boolean enabled) {
    this.out = out;
    this.style = style;
    this.enabled = enabled;
  }

  void accept(TraceNews news) {
    if (enabled && news instanceof TraceNews.HopSeen seen && lines < MAX_LINES) {
      lines++;
      out.println(LiveText.of(seen.hop(), style));
      out.flush();
    }
  }

  /** Moves up over the lines and clears to the end of the screen (ECMA-48 CPL and ED). */
  void erase() {
    if (lines > 0) {
      out.print("\u001b[" + lines + "F\u001b[J");
      out.flush();
      lines = 0;
    }
  }
}
