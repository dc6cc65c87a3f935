package io.podhop.cli.render;

import io.podhop.cli.render.Grid.Cell;
import io.podhop.cli.render.Grid.Column;
import io.podhop.model.Direction;
import io.podhop.model.DnatChoice;
import io.podhop.model.FlowKey;
import io.podhop.model.PredictedHop;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Translation;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The numbered points that packets should pass, there and back, and why they go there. */
final class LegTable {
  private static final int WHY_LINES = 5;

  /** Endpoints of a service that are named; the rest is counted. */
  private static final int MAX_CHOICES = 8;

  private final List<PredictedLeg> legs;
  private final TranslationText translations;
  private final Style style;
  private final int placeWidth;
  private final Grid grid;
  private int number;

  LegTable(List<PredictedLeg> legs, TranslationText translations, Style style) {
    this.legs = legs;
    this.translations = translations;
    this.style = style;
    this.placeWidth =
        legs.stream()
            .flatMap(leg -> leg.hops().stream())
            .mapToInt(hop -> PointText.place(hop.point(), style).length())
            .max()
            .orElse(0);
    this.grid = new Grid(style, WHY_LINES, columns());
  }

  private List<Column> columns() {
    List<Column> columns = new ArrayList<>();
    columns.add(Column.of("", 3));
    columns.add(Column.of("point", 31));
    if (style.wide()) {
      columns.add(Column.of("netns", 10));
      columns.add(Column.of("tuple", 0));
    }
    columns.add(Column.of("mtu", 5));
    columns.add(Column.of("why it goes there", 0));
    return columns;
  }

  List<String> lines() {
    Direction shown = null;
    for (PredictedLeg leg : legs) {
      if (leg.direction() != shown) {
        shown = leg.direction();
        grid.line(Words.of(shown));
      }
      leg(leg);
    }
    return grid.lines();
  }

  private void leg(PredictedLeg leg) {
    FlowKey before = leg.entering();
    String mtu = leg.mtu() > 0 ? Integer.toString(leg.mtu()) : "";
    for (PredictedHop hop : leg.hops()) {
      rewritten(leg.direction(), before, hop.packet());
      row(hop, mtu);
      before = hop.packet();
      mtu = "";
    }
    if (!(leg.fate() instanceof PredictedLeg.Unclear)) {
      rewritten(leg.direction(), before, leg.leaving());
    }
    if (leg.choices().size() > 1) {
      grid.span(choices(leg.choices()));
    }
    if (leg.hops().isEmpty()) {
      grid.span(style.text(leg.node()) + ": not known");
    }
  }

  private void rewritten(Direction direction, FlowKey before, FlowKey after) {
    Translation translation = Translation.between(before, after, List.of());
    List<String> lines =
        switch (direction) {
          case REQUEST -> translations.lines(translation);
          case REPLY -> translations.undone(translation);
        };
    lines.forEach(grid::line);
  }

  private void row(PredictedHop hop, String mtu) {
    number++;
    List<Cell> cells = new ArrayList<>();
    cells.add(Cell.of(String.format("%2d", number)));
    cells.add(Cell.of(PointText.of(hop.point(), placeWidth, style)));
    if (style.wide()) {
      cells.add(Cell.of(Long.toString(hop.point().netnsInode())));
      cells.add(Cell.of(hop.packet().toString()));
    }
    cells.add(Cell.of(mtu));
    cells.add(Cell.of(new WhyText(style).of(hop.why())));
    grid.row(cells);
  }

  private String choices(List<DnatChoice> choices) {
    String named =
        choices.stream()
            .limit(style.wide() ? choices.size() : MAX_CHOICES)
            .map(LegTable::choice)
            .collect(Collectors.joining(", "));
    boolean all = style.wide() || choices.size() <= MAX_CHOICES;
    return "the first of "
        + choices.size()
        + " backends is followed: "
        + named
        + (all ? "" : ", " + style.ellipsis());
  }

  private static String choice(DnatChoice choice) {
    return "%s (%d %%)".formatted(choice.target(), Math.round(choice.probability() * 100));
  }
}
