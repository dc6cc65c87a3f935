package io.podhop.cli.render;

import io.podhop.model.Tenure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Holdings as bars over one time axis, a line per owner. */
final class TenurePicture {
  private static final int MAX_LABEL = 26;
  private static final int WIDE_BAR = 100;
  private static final String NOW = " (now)";
  private static final Duration SHORTEST = Duration.ofSeconds(1);

  private final Style style;
  private final Moments moments;
  private final Instant from;
  private final Instant to;
  private final boolean toNow;
  private final Map<String, List<Tenure>> owners = new LinkedHashMap<>();
  private final int label;
  private final int width;

  /** What a cell of a bar shows; a later one of these hides an earlier one. */
  private enum Mark {
    NOTHING(' ', ' ', ""),
    COOLING('░', '.', "cooling"),
    PERHAPS('▒', '?', "perhaps, its end was not logged"),
    HELD('█', '#', "held"),
    STILL('→', '>', "still");

    private final char unicode;
    private final char ascii;
    private final String meaning;

    Mark(char unicode, char ascii, String meaning) {
      this.unicode = unicode;
      this.ascii = ascii;
      this.meaning = meaning;
    }

    char draw(Style style) {
      return style.unicode() ? unicode : ascii;
    }
  }

  /**
   * @param labels of the holdings' owners, in the same order; safe to print
   */
  TenurePicture(
      List<Tenure> tenures, List<String> labels, Instant now, Moments moments, Style style) {
    this.style = style;
    this.moments = moments;
    for (int i = 0; i < tenures.size(); i++) {
      owners.computeIfAbsent(labels.get(i), _ -> new ArrayList<>()).add(tenures.get(i));
    }
    toNow = tenures.stream().anyMatch(tenure -> tenure.until().isEmpty());
    from = tenures.stream().map(Tenure::from).min(Comparator.naturalOrder()).orElse(now);
    Instant last =
        toNow
            ? now
            : tenures.stream()
                .flatMap(TenurePicture::ends)
                .max(Comparator.naturalOrder())
                .orElse(now);
    to = last.isBefore(from.plus(SHORTEST)) ? from.plus(SHORTEST) : last;
    int longest = owners.keySet().stream().mapToInt(String::length).max().orElse(0);
    label = style.wide() ? longest : Math.min(MAX_LABEL, longest);
    width = style.wide() ? WIDE_BAR : Style.COLUMNS - label - 2;
  }

  private static Stream<Instant> ends(Tenure tenure) {
    return Stream.concat(tenure.until().stream(), tenure.coolingUntil().stream());
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    List<Mark> used = new ArrayList<>();
    String left = moments.seconds(from);
    String end = moments.seconds(to) + " " + moments.zone(to);
    boolean room = left.length() + end.length() + NOW.length() < width;
    String right = toNow && room ? end + NOW : end;
    int gap = Math.max(1, width - left.length() - right.length());
    lines.add(
        " ".repeat(label + 2) + style.paint(Style.Tone.FAINT, left + " ".repeat(gap) + right));
    owners.forEach((owner, tenures) -> lines.add(line(owner, tenures, used)));
    String legend =
        Stream.of(Mark.HELD, Mark.STILL, Mark.PERHAPS, Mark.COOLING)
            .filter(used::contains)
            .map(mark -> mark.draw(style) + " " + mark.meaning)
            .collect(Collectors.joining("   "));
    int indent = Math.clamp(Style.COLUMNS - legend.length(), 0, label + 2);
    lines.add(" ".repeat(indent) + style.paint(Style.Tone.FAINT, legend));
    return lines;
  }

  private String line(String owner, List<Tenure> tenures, List<Mark> used) {
    Mark[] bar = new Mark[width];
    Arrays.fill(bar, Mark.NOTHING);
    tenures.forEach(tenure -> draw(tenure, bar));
    StringBuilder drawn = new StringBuilder();
    for (int i = 0; i < width; ) {
      int end = i;
      while (end < width && bar[end] == bar[i]) {
        end++;
      }
      used.add(bar[i]);
      drawn.append(style.paint(tone(bar[i]), String.valueOf(bar[i].draw(style)).repeat(end - i)));
      i = end;
    }
    String name = TextFit.cutMiddle(owner, label, style.ellipsis());
    return (TextFit.padRight(name, label) + "  " + drawn).stripTrailing();
  }

  private static Style.Tone tone(Mark mark) {
    return switch (mark) {
      case HELD, STILL -> Style.Tone.GOOD;
      case PERHAPS -> Style.Tone.ODD;
      case COOLING -> Style.Tone.FAINT;
      case NOTHING -> Style.Tone.PLAIN;
    };
  }

  private void draw(Tenure tenure, Mark[] bar) {
    Optional<Instant> until = tenure.until();
    Instant end = until.orElse(to);
    Instant sure = tenure.untilAtMost() && tenure.seenAt().isBefore(end) ? tenure.seenAt() : end;
    fill(bar, tenure.from(), sure, Mark.HELD);
    if (sure.isBefore(end)) {
      fill(bar, sure, end, Mark.PERHAPS);
    }
    tenure.coolingUntil().ifPresent(cool -> fill(bar, end, cool, Mark.COOLING));
    if (until.isEmpty()) {
      mark(bar, width - 1, Mark.STILL);
    }
  }

  /** At least one cell, however short; what is there already and tells more stays. */
  private void fill(Mark[] bar, Instant start, Instant end, Mark mark) {
    int first = cell(start);
    int last = Math.max(first + 1, cell(end));
    for (int i = first; i < Math.min(last, width); i++) {
      mark(bar, i, mark);
    }
  }

  private static void mark(Mark[] bar, int cell, Mark mark) {
    if (bar[cell].compareTo(mark) < 0) {
      bar[cell] = mark;
    }
  }

  private int cell(Instant instant) {
    double share =
        Duration.between(from, instant).toMillis()
            / (double) Math.max(1, Duration.between(from, to).toMillis());
    return Math.clamp(Math.round(share * width), 0, width - 1);
  }
}
