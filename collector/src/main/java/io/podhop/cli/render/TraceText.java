package io.podhop.cli.render;

import io.podhop.cli.render.Grid.Cell;
import io.podhop.cli.render.Grid.Column;
import io.podhop.cli.render.Style.Tone;
import io.podhop.model.Endpoint;
import io.podhop.model.Identity;
import io.podhop.model.Owner;
import io.podhop.model.Trace;
import io.podhop.model.Translation;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The answer of {@code podhop trace} for people. */
public final class TraceText {
  /** Connections listed one by one below the hop table. */
  private static final int MAX_LISTED = 50;

  private final TraceReport report;
  private final Style style;

  private TraceText(TraceReport report, Style style) {
    this.report = report;
    this.style = style;
  }

  /** Lines ended by newlines; each fits 80 columns unless the style is wide. */
  public static String of(TraceReport report, Style style) {
    TraceText text = new TraceText(report, style);
    return String.join("\n", text.lines()) + "\n";
  }

  private List<String> lines() {
    List<String> lines = new ArrayList<>();
    if (report.traces().isEmpty()) {
      header(lines, report.destination());
      notes(lines, List.of());
      lines.addAll(new VerdictText(style).lines(report.outcome().verdict()));
      return lines;
    }
    Trace shown = worst();
    header(lines, shown.destination());
    lines.addAll(new HopTable(shown, style).lines());
    TranslationText translations = new TranslationText(new Names(report, shown), style);
    for (Translation translation : shown.translations()) {
      lines.addAll(translations.lines(translation));
    }
    lines.addAll(new SurpriseText(shown, style).lines());
    notes(lines, shown.missingNodes());
    lines.addAll(new VerdictText(style).lines(shown));
    traceLine(lines, shown);
    if (report.traces().size() > 1) {
      lines.add("");
      summary(lines);
    }
    return lines;
  }

  /** The first of the worst: verdict ids stand in rising order of surprise. */
  private Trace worst() {
    Comparator<Trace> bySurprise =
        Comparator.<Trace, Verdict.Id>comparing(trace -> trace.verdict().id())
            .thenComparing(trace -> !trace.verdict().degraded().isEmpty());
    Trace worst = report.traces().getFirst();
    for (Trace trace : report.traces()) {
      if (bySurprise.compare(trace, worst) > 0) {
        worst = trace;
      }
    }
    return worst;
  }

  private void header(List<String> lines, Endpoint reached) {
    lines.addAll(HeaderText.of(report.source(), report.destination(), report.protocol(), style));
    boolean chosen =
        report.destination().owner() instanceof Owner.Service
            && !reached.address().equals(report.destination().address());
    if (chosen) {
      String endpoint =
          EndpointText.of(reached, style)
              + "   "
              + HeaderText.protocol(report.protocol(), reached.port());
      lines.addAll(TextFit.hanging("    endpoint ", endpoint, style.width()));
    }
  }

  private void notes(List<String> lines, List<String> missingNodes) {
    for (String node : missingNodes) {
      note(lines, "nothing came from node " + node + ": its points are unknown");
    }
    for (String warning : report.warnings()) {
      note(lines, warning);
    }
  }

  private void note(List<String> lines, String text) {
    lines.addAll(TextFit.hanging("note  ", style.text(text), style.width()));
  }

  private void traceLine(List<String> lines, Trace shown) {
    String id = "trace " + style.text(shown.traceId());
    String link = style.text(report.outcome().link());
    if (id.length() + 2 + link.length() <= style.width() || link.isEmpty()) {
      lines.add((id + "  " + link).stripTrailing());
    } else {
      lines.add(id);
      lines.add(link);
    }
    if (shown.identity() == Identity.TUPLE) {
      note(lines, "joined late: the trace id rests on the five-tuple alone and may be ambiguous");
    }
  }

  private void summary(List<String> lines) {
    Grid grid =
        new Grid(
            style,
            1,
            List.of(
                Column.of("", 4),
                Column.of("trace", 32),
                Column.of("verdict", 12),
                Column.of("answer", 8),
                Column.of("copies", 6),
                Column.of("last seen", 0)));
    List<Trace> listed = report.traces().subList(0, Math.min(MAX_LISTED, report.traces().size()));
    int number = 0;
    for (Trace trace : listed) {
      number++;
      Verdict verdict = trace.verdict();
      grid.row(
          List.of(
              Cell.of(String.format("%2d", number)),
              Cell.of(style.text(trace.traceId())),
              new Cell(verdict.id().toString(), Tone.of(verdict.id(), verdict.degraded())),
              Cell.of(trace.handshakeNs() > 0 ? Times.of(trace.handshakeNs(), style) : "-"),
              Cell.of(Integer.toString(1 + trace.retransmits())),
              Cell.of(style.text(verdict.place().after()))));
    }
    lines.addAll(grid.lines());
    String delivered = report.outcome().delivered() + " of " + report.outcome().connections();
    String more =
        report.traces().size() > listed.size() ? "; the rest is in the output of -o json" : "";
    lines.add(delivered + " connections delivered" + more);
  }
}
