package io.podhop.cli.render;

import io.podhop.cli.render.Style.Tone;
import io.podhop.model.AuditReport;
import io.podhop.model.Citation;
import io.podhop.model.Finding;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The answer of {@code podhop audit} for people: node by node, errors first. */
public final class AuditText {
  private static final String INDENT = "  ";
  private static final String DETAIL = "    ";

  private final Style style;
  private final List<String> lines = new ArrayList<>();

  private AuditText(Style style) {
    this.style = style;
  }

  /**
   * Every finding with its evidence and advice; the wide style adds the checks that were made.
   *
   * @param silent nodes that did not answer, each with the reason behind a colon
   */
  public static String of(List<AuditReport> reports, List<String> silent, Style style) {
    AuditText text = new AuditText(style);
    reports.forEach(text::node);
    for (String node : silent) {
      text.hanging("", "NOT AUDITED  ", node, Tone.ODD);
    }
    if (reports.size() + silent.size() > 1) {
      text.total(reports, silent);
    }
    return String.join("\n", text.lines) + "\n";
  }

  private void node(AuditReport report) {
    lines.add(style.text(report.node()) + ": " + summary(report));
    report.findings().stream()
        .sorted(Comparator.comparing(Finding::severity))
        .forEach(this::finding);
    if (style.wide() && !report.checked().isEmpty()) {
      hanging(INDENT, "checked      ", String.join(", ", report.checked()), Tone.PLAIN);
    }
    if (!report.findings().isEmpty() && !report.unchecked().isEmpty()) {
      lines.add("");
    }
    for (String reason : report.unchecked()) {
      hanging(INDENT, "not checked  ", reason, Tone.PLAIN);
    }
    lines.add("");
  }

  private static String summary(AuditReport report) {
    int made = report.checked().size();
    String checks = made + (made == 1 ? " check" : " checks") + " made";
    if (report.findings().isEmpty()) {
      return "nothing found, " + checks;
    }
    return counted(report.count(Finding.Severity.ERROR), "error")
        + ", "
        + counted(report.count(Finding.Severity.WARNING), "warning")
        + ", "
        + checks;
  }

  private static String counted(long count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }

  private void finding(Finding finding) {
    boolean error = finding.severity() == Finding.Severity.ERROR;
    String head = error ? "ERROR    " : "WARNING  ";
    lines.add("");
    hanging(INDENT, head, finding.id() + "  " + finding.subject(), error ? Tone.BAD : Tone.ODD);
    lines.addAll(TextFit.hanging(DETAIL, style.text(finding.sentence()), style.width()));
    for (Citation citation : finding.evidence()) {
      hanging(DETAIL, style.unicode() ? "· " : "- ", citation.toString(), Tone.PLAIN);
    }
    if (!finding.advice().isEmpty()) {
      hanging(DETAIL, style.arrow() + " ", finding.advice(), Tone.PLAIN);
    }
  }

  /** A head in colour, then text that hangs behind it. */
  private void hanging(String indent, String head, String wire, Tone tone) {
    List<String> wrapped = TextFit.hanging(indent + head, style.text(wire), style.width());
    String first = wrapped.getFirst().substring(indent.length() + head.length());
    lines.add(indent + style.paint(tone, head.stripTrailing()) + gap(head) + first);
    lines.addAll(wrapped.subList(1, wrapped.size()));
  }

  private static String gap(String head) {
    return " ".repeat(head.length() - head.stripTrailing().length());
  }

  private void total(List<AuditReport> reports, List<String> silent) {
    long errors = reports.stream().mapToLong(one -> one.count(Finding.Severity.ERROR)).sum();
    long warnings = reports.stream().mapToLong(one -> one.count(Finding.Severity.WARNING)).sum();
    lines.add(
        counted(reports.size(), "node")
            + " audited: "
            + counted(errors, "error")
            + ", "
            + counted(warnings, "warning")
            + (silent.isEmpty() ? "" : "; " + counted(silent.size(), "node") + " did not answer"));
  }
}
