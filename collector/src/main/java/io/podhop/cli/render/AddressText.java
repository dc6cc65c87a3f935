package io.podhop.cli.render;

import io.podhop.cli.render.Grid.Cell;
import io.podhop.cli.render.Grid.Column;
import io.podhop.model.AddressHistory;
import io.podhop.model.Citation;
import io.podhop.model.PodRef;
import io.podhop.model.Tenure;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The answer of {@code podhop ip} for people. */
public final class AddressText {
  /** The newest holdings that the table has, unless it is wide. */
  private static final int MAX_ROWS = 20;

  private final AddressReport report;
  private final Moments moments;
  private final Style style;
  private final List<String> lines = new ArrayList<>();

  private AddressText(AddressReport report, ZoneId zone, Style style) {
    this.report = report;
    this.moments = new Moments(zone);
    this.style = style;
  }

  /** The bars of all owners, then a table with what each rests on. */
  public static String of(AddressReport report, ZoneId zone, Style style) {
    AddressText text = new AddressText(report, zone, style);
    text.write();
    return String.join("\n", text.lines) + "\n";
  }

  private void write() {
    List<AddressReport.Held> all = report.held();
    int left = style.wide() ? 0 : Math.max(0, all.size() - MAX_ROWS);
    List<AddressReport.Held> held = all.subList(left, all.size());
    say("", report.known() ? now(all) : nobody());
    if (!held.isEmpty()) {
      lines.add("");
      lines.addAll(picture(held));
      lines.add("");
      lines.addAll(table(held));
    }
    if (left > 0) {
      say("note  ", left + " earlier holdings are not shown; -o wide shows them");
    }
    notes();
  }

  private void say(String head, String sentence) {
    lines.addAll(TextFit.hanging(head, style.text(sentence), style.width()));
  }

  private String now(List<AddressReport.Held> all) {
    String subject = report.subject();
    Optional<AddressReport.Held> open =
        all.reversed().stream().filter(held -> held.tenure().until().isEmpty()).findFirst();
    if (report.ofPod()) {
      return open.isPresent()
          ? subject + " has " + addresses(all) + " on " + open.get().node()
          : subject + " has no address now";
    }
    if (open.isPresent()) {
      Tenure tenure = open.get().tenure();
      return subject
          + " is held by "
          + owner(tenure)
          + " on "
          + open.get().node()
          + " since "
          + (tenure.fromAtLeast() ? "before " : "")
          + moments.exact(tenure.from());
    }
    Optional<AddressHistory> owner = report.owner();
    if (owner.isEmpty()) {
      return subject + " is on no ENI of a node that answered, and nobody's now";
    }
    String where = owner.get().node() + "'s " + owner.get().nowOn();
    if (owner.get().own()) {
      return subject + " is the own address of " + where + ": no pod can have it";
    }
    Optional<Instant> cooling =
        all.reversed().stream()
            .flatMap(held -> held.tenure().coolingUntil().stream())
            .filter(report.now()::isBefore)
            .findFirst();
    return subject
        + " is nobody's now, on "
        + where
        + cooling.map(until -> ", cooling until " + moments.exact(until)).orElse("");
  }

  private static String addresses(List<AddressReport.Held> all) {
    return String.join(
        " and ",
        all.stream()
            .map(AddressReport.Held::tenure)
            .filter(tenure -> tenure.until().isEmpty())
            .map(tenure -> tenure.address().toString())
            .distinct()
            .toList());
  }

  private String nobody() {
    String what =
        report.ofPod()
            ? "no node knows of a pod " + report.subject()
            : "no node has " + report.subject() + ", or knows of a pod that had it";
    Optional<Instant> since =
        report.nodes().stream()
            .flatMap(node -> node.knownFrom().stream())
            .max(Comparator.naturalOrder());
    return since.isPresent() ? what + "; all know since " + moments.exact(since.get()) : what;
  }

  private List<String> picture(List<AddressReport.Held> held) {
    return new TenurePicture(
            held.stream().map(AddressReport.Held::tenure).toList(),
            held.stream().map(this::label).toList(),
            report.now(),
            moments,
            style)
        .lines();
  }

  /** Of an address its owner, of a pod its address. */
  private String label(AddressReport.Held held) {
    return style.text(report.ofPod() ? held.tenure().address().toString() : owner(held.tenure()));
  }

  static String owner(Tenure tenure) {
    return tenure
        .pod()
        .map(PodRef::toString)
        .orElse(
            tenure.containerId().isEmpty()
                ? "a pod without a name"
                : "sandbox " + TextFit.cutEnd(tenure.containerId(), 12, ""));
  }

  private List<String> table(List<AddressReport.Held> held) {
    String zone = " (" + moments.zone(report.now()) + ")";
    Grid grid =
        new Grid(
            style,
            1,
            List.of(
                new Column(report.ofPod() ? "ADDRESS" : "OWNER", 28, true),
                Column.of("FROM" + zone, 23),
                Column.of("UNTIL" + zone, 0)));
    for (AddressReport.Held holding : held) {
      Tenure tenure = holding.tenure();
      grid.row(
          List.of(
              Cell.of(label(holding)),
              Cell.of(moments.bare(tenure.from())),
              Cell.of(tenure.until().map(moments::bare).orElse("still"))));
      grid.span(style.text(details(holding)));
      tenure.evidence().stream().map(Citation::toString).map(style::text).forEach(grid::span);
    }
    return grid.lines();
  }

  private String details(AddressReport.Held holding) {
    Tenure tenure = holding.tenure();
    StringBuilder text = new StringBuilder("on " + holding.node());
    text.append(tenure.eni().isEmpty() ? ", ENI not known" : ", " + tenure.eni());
    tenure.deviceNumber().ifPresent(device -> text.append(" (device ").append(device).append(')'));
    if (tenure.fromAtLeast()) {
      text.append("; held then already, since when is not known");
    }
    if (tenure.untilAtMost()) {
      text.append("; its end was not logged, last known to be held ")
          .append(moments.bare(tenure.seenAt()));
    }
    tenure
        .coolingUntil()
        .ifPresent(until -> text.append("; cooled until ").append(moments.bare(until)));
    return text.toString();
  }

  private void notes() {
    for (AddressHistory node : report.nodes()) {
      if (node.concerned() || !report.known()) {
        say(
            "note  ",
            node.node()
                + node.knownFrom()
                    .map(from -> ": nothing is known before " + moments.exact(from))
                    .orElse(": nothing is known of the past"));
        node.warnings().forEach(warning -> say("note  ", node.node() + ": " + warning));
      }
    }
    report.silentNodes().forEach(silent -> say("note  ", "no answer from " + silent));
  }
}
