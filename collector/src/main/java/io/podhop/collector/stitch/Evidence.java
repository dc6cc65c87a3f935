package io.podhop.collector.stitch;

import io.podhop.model.Citation;
import io.podhop.model.Coverage;
import io.podhop.model.Hop;
import io.podhop.model.PointCoverage;
import io.podhop.model.Translation;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The lines under a verdict that a person can check. */
final class Evidence {
  /** Lines kept; more would hide the ones that count, which come first. */
  static final int MAX_LINES = 40;

  private Evidence() {}

  /** Evidence for what one passage shows: sightings, then silences, then rules and notes. */
  static List<String> of(Findings findings, Passage passage) {
    Set<String> lines = new LinkedHashSet<>(new Forecast(findings).contradictions());
    passage.firstSeen().flatMap(Passage.Step::seen).ifPresent(hop -> lines.add(sighting(hop)));
    passage.lastSeen().flatMap(Passage.Step::seen).ifPresent(hop -> lines.add(sighting(hop)));
    passage
        .firstSilent()
        .ifPresent(step -> step.watched().forEach(point -> lines.add(silence(point))));
    passage.lastSeen().flatMap(Passage.Step::seen).ifPresent(hop -> cite(lines, hop.why()));
    findings.translations().forEach(translation -> lines.addAll(translation(translation)));
    findings
        .context()
        .attempt()
        .ifPresent(attempt -> lines.add("the probe itself: " + outcome(attempt)));
    findings
        .context()
        .missingNodes()
        .forEach(node -> lines.add("nothing came from an agent on " + node));
    lines.addAll(findings.notes());
    return lines.stream().limit(MAX_LINES).toList();
  }

  private static String sighting(Hop.Observed hop) {
    return "%s at %s: %s%s, %s"
        .formatted(
            hop.packet().label(),
            hop.point().label(),
            hop.tuple(),
            hop.copies() > 1 ? " (" + hop.copies() + " copies)" : "",
            time(hop.timeNs()));
  }

  private static String silence(PointCoverage point) {
    Coverage coverage = point.coverage();
    return "nothing of it at %s in %.1f s from %s: received %d, dropped %d, undecoded %d"
        .formatted(
            point.point().label(),
            (coverage.toNs() - coverage.fromNs()) / 1e9,
            time(coverage.fromNs()),
            coverage.received(),
            coverage.dropped(),
            coverage.undecoded());
  }

  private static void cite(Set<String> lines, List<Citation> why) {
    why.forEach(citation -> lines.add(citation.toString()));
  }

  private static List<String> translation(Translation translation) {
    return switch (translation) {
      case Translation.None _ -> List.of();
      case Translation.Unknown unknown -> List.of("NAT not known: " + unknown.reason());
      case Translation.Snat snat -> rewrite("SNAT", snat.before() + " → " + snat.after(), snat);
      case Translation.Dnat dnat -> rewrite("DNAT", dnat.before() + " → " + dnat.after(), dnat);
      case Translation.Both both ->
          rewrite("SNAT and DNAT", both.before() + " → " + both.after(), both);
    };
  }

  private static List<String> rewrite(String kind, String change, Translation translation) {
    String proof =
        translation.evidence().stream()
            .map(Citation::toString)
            .reduce((a, b) -> a + "; " + b)
            .map(text -> ": " + text)
            .orElse("");
    return List.of(kind + " " + change + proof);
  }

  private static String outcome(Attempt attempt) {
    String word = attempt.outcome().name().toLowerCase(Locale.ROOT);
    return attempt.error().isEmpty() ? word : word + ", " + attempt.error();
  }

  private static String time(long epochNs) {
    return Instant.ofEpochSecond(
            Math.floorDiv(epochNs, 1_000_000_000L), Math.floorMod(epochNs, 1_000_000_000L))
        .toString();
  }
}
