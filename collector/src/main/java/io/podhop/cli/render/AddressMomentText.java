package io.podhop.cli.render;

import io.podhop.model.AddressMoment;
import io.podhop.model.Citation;
import io.podhop.model.Tenure;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The answer of {@code podhop ip --at} for people: one sentence and what it rests on. */
public final class AddressMomentText {
  private final AddressReport report;
  private final Moments moments;

  private AddressMomentText(AddressReport report, ZoneId zone) {
    this.report = report;
    this.moments = new Moments(zone);
  }

  /**
   * @param at the instant that was asked about
   */
  public static String of(AddressReport report, Instant at, ZoneId zone, Style style) {
    AddressMomentText text = new AddressMomentText(report, zone);
    Optional<AddressReport.Told> told = report.moment();
    String sentence = text.sentence(told, at);
    List<String> lines = new ArrayList<>(TextFit.hanging("", style.text(sentence), style.width()));
    List<Citation> evidence =
        told.map(AddressReport.Told::moment).map(AddressMoment::evidence).orElse(List.of());
    for (Citation line : evidence) {
      lines.addAll(TextFit.hanging("  ", style.text(line.toString()), style.width()));
    }
    for (String silent : report.silentNodes()) {
      lines.addAll(
          TextFit.hanging("note  ", style.text("no answer from " + silent), style.width()));
    }
    return String.join("\n", lines) + "\n";
  }

  private String sentence(Optional<AddressReport.Told> told, Instant at) {
    String address = report.subject();
    String then = " at " + moments.exact(at);
    if (told.isEmpty()) {
      return address + then + ": not known, no node answered";
    }
    AddressMoment moment = told.get().moment();
    String node = told.get().node();
    return switch (moment.state()) {
      case HELD -> address + " was held by " + owner(moment) + then + span(moment, node);
      case PERHAPS_HELD ->
          address + " was perhaps still held by " + owner(moment) + then + span(moment, node);
      case COOLING ->
          address
              + " was cooling on "
              + node
              + then
              + moment.coolingUntil().map(end -> ", until " + moments.exact(end)).orElse("")
              + last(moment);
      case OWN -> address + " is an ENI's own address on " + node + ": no pod can have it";
      case FREE -> address + " was free on " + node + then + last(moment);
      case UNKNOWN -> address + then + ": not known, " + moment.because() + " (" + node + ")";
      case ELSEWHERE -> address + then + " was no address of any node that answered";
    };
  }

  private static String owner(AddressMoment moment) {
    return moment.tenure().map(AddressText::owner).orElse("a pod without a name");
  }

  private String span(AddressMoment moment, String node) {
    return moment
        .tenure()
        .map(
            tenure ->
                " ("
                    + node
                    + (tenure.eni().isEmpty() ? "" : ", " + tenure.eni())
                    + ", from "
                    + (tenure.fromAtLeast() ? "at the latest " : "")
                    + moments.bare(tenure.from())
                    + end(tenure)
                    + ")")
        .orElse("");
  }

  private String end(Tenure tenure) {
    String until =
        tenure
            .until()
            .map(end -> (tenure.untilAtMost() ? " until at most " : " until ") + moments.bare(end))
            .orElse(", still");
    return tenure.untilAtMost()
        ? until + ", last known to be held " + moments.bare(tenure.seenAt())
        : until;
  }

  private String last(AddressMoment moment) {
    return moment
        .tenure()
        .map(
            tenure ->
                "; before, it was "
                    + AddressText.owner(tenure)
                    + "'s"
                    + tenure.until().map(end -> " until " + moments.bare(end)).orElse(""))
        .orElse("; nobody is known to have held it before");
  }
}
