package io.podhop.cli.render;

import io.podhop.model.Direction;
import io.podhop.model.Hop;

/** One line for a hop that has just been seen, for display until the verdict is there. */
public final class LiveText {
  private LiveText() {}

  /** Fits 80 columns whatever the names are: the display counts lines to erase them. */
  public static String of(Hop hop, Style style) {
    String seen =
        switch (hop) {
          case Hop.Observed observed -> HopTable.packet(observed, style);
          case Hop.NotSeen _ -> "not seen";
          case Hop.Inferred _ -> "(inferred)";
        };
    String way = hop.direction() == Direction.REQUEST ? "request" : "reply";
    String line =
        "  " + TextFit.padRight(PointText.of(hop.point(), 0, style), 32) + seen + "  " + way;
    return TextFit.cutEnd(line, Style.COLUMNS - 1, style.ellipsis());
  }
}
