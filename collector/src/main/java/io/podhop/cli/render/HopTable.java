package io.podhop.cli.render;

import io.podhop.cli.render.Grid.Cell;
import io.podhop.cli.render.Grid.Column;
import io.podhop.cli.render.Style.Tone;
import io.podhop.model.Citation;
import io.podhop.model.ClockOffset;
import io.podhop.model.Coverage;
import io.podhop.model.Direction;
import io.podhop.model.Hop;
import io.podhop.model.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The numbered points of one trace: what was seen, when, and why the packet goes there. */
final class HopTable {
  private static final int WHY_LINES = 5;

  private final Trace trace;
  private final Style style;
  private final int placeWidth;

  HopTable(Trace trace, Style style) {
    this.trace = trace;
    this.style = style;
    this.placeWidth =
        trace.hops().stream()
            .mapToInt(hop -> PointText.place(hop.point(), style).length())
            .max()
            .orElse(0);
  }

  List<String> lines() {
    Grid grid = new Grid(style, WHY_LINES, columns());
    for (Section section : Section.of(trace)) {
      boolean first = section.steps().getFirst().number() == 1;
      if (first || style.wide() || section.concerns(trace.verdict())) {
        section.steps().forEach(step -> grid.row(cells(step)));
      } else {
        grid.span(abbreviated(section));
      }
    }
    return grid.lines();
  }

  private List<Column> columns() {
    List<Column> columns = new ArrayList<>();
    columns.add(Column.of("", 3));
    columns.add(Column.of("point", 31));
    if (style.wide()) {
      columns.add(Column.of("netns", 10));
      columns.add(Column.of("tuple", 0));
    }
    columns.add(Column.of("seen", 13));
    columns.add(Column.of("after", 9));
    columns.add(Column.of("why it goes there", 0));
    return columns;
  }

  private List<Cell> cells(Step step) {
    Hop hop = step.hop();
    List<Cell> cells = new ArrayList<>();
    cells.add(Cell.of(String.format("%2d", step.number())));
    cells.add(Cell.of(PointText.of(hop.point(), placeWidth, style)));
    if (style.wide()) {
      cells.add(Cell.of(Long.toString(hop.point().netnsInode())));
      cells.add(Cell.of(hop instanceof Hop.Observed seen ? seen.tuple().toString() : "-"));
    }
    cells.add(seen(hop));
    cells.add(Cell.of(after(step)));
    cells.add(Cell.of(why(step)));
    return cells;
  }

  private Cell seen(Hop hop) {
    return switch (hop) {
      case Hop.Observed seen -> Cell.of(packet(seen, style));
      case Hop.NotSeen silent ->
          new Cell("not seen", silent.coverage().complete() ? Tone.BAD : Tone.ODD);
      case Hop.Inferred _ -> new Cell("(inferred)", Tone.FAINT);
    };
  }

  static String packet(Hop.Observed seen, Style style) {
    String label = seen.packet().label();
    return seen.copies() > 1 ? label + " " + style.times() + seen.copies() : label;
  }

  private String after(Step step) {
    return switch (step.after()) {
      case Step.After.First _ -> "0";
      case Step.After.Measured(long ns) -> measured(ns, step.crossing());
      case Step.After.NoCommonClock _ -> "?";
      case Step.After.NotObserved _ -> "-";
    };
  }

  /** A crossing shorter than the clocks' error can come out negative; that is no time travel. */
  private String measured(long ns, boolean crossing) {
    if (crossing && ns < 0 && -ns <= trace.offset().errorNs()) {
      return style.about() + "0";
    }
    return (ns < 0 ? "" : "+") + Times.of(ns, style);
  }

  private String why(Step step) {
    List<String> parts = new ArrayList<>();
    Hop hop = step.hop();
    if (hop instanceof Hop.NotSeen silent) {
      parts.add(coverage(silent.coverage()));
    }
    if (step.crossing() && hop instanceof Hop.Observed) {
      parts.add(crossing());
    }
    List<Citation> cited =
        hop.why().stream()
            .filter(citation -> !step.crossing() || citation.source() != Citation.Source.VPC)
            .toList();
    String reasons = new WhyText(style).of(cited);
    if (!reasons.isEmpty()) {
      parts.add(reasons);
    }
    return String.join("; ", parts);
  }

  private String crossing() {
    ClockOffset offset = trace.offset();
    return offset.known()
        ? String.format(
            "VPC (skew removed %s %s %s)",
            Times.of(offset.offsetNs(), style),
            style.plusMinus(),
            Times.of(offset.errorNs(), style))
        : "VPC (the nodes' clocks could not be compared)";
  }

  private String coverage(Coverage coverage) {
    long windowNs = coverage.toNs() - coverage.fromNs();
    if (windowNs <= 0) {
      return "no capture ran here";
    }
    String window = "captured " + Times.of(windowNs, style);
    return coverage.complete()
        ? window + ", lost nothing"
        : String.format(
            "%s, lost %d packets, could not read %d",
            window, coverage.dropped(), coverage.undecoded());
  }

  private String abbreviated(Section section) {
    List<Step> steps = section.steps();
    String way = section.direction() == Direction.REQUEST ? "on the way there" : "on the way back";
    String numbers = steps.getFirst().number() + "-" + steps.getLast().number();
    String seen =
        String.format(
            "%s: %s %s, seen at %d of %d points",
            numbers, section.packet().label(), way, section.observed(), steps.size());
    boolean comparable =
        steps.stream().noneMatch(step -> step.after() instanceof Step.After.NoCommonClock);
    long elapsedNs =
        steps.stream()
            .collect(
                Collectors.summingLong(
                    step -> step.after() instanceof Step.After.Measured(long ns) ? ns : 0));
    return comparable && section.observed() > 0 ? seen + ", +" + Times.of(elapsedNs, style) : seen;
  }
}
