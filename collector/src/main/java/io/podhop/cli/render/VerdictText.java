package io.podhop.cli.render;

import io.podhop.cli.render.Style.Tone;
import io.podhop.model.Direction;
import io.podhop.model.Protocol;
import io.podhop.model.Trace;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.List;

/** The last lines of a trace: what became of it, where, why, and how well that is proven. */
final class VerdictText {
  private static final int KEY_WIDTH = 10;

  private final Style style;

  VerdictText(Style style) {
    this.style = style;
  }

  /** The verdict of one connection. */
  List<String> lines(Trace trace) {
    return trace.verdict().id() == Verdict.Id.DELIVERED ? delivered(trace) : lines(trace.verdict());
  }

  /** A verdict without a connection to tell about. */
  List<String> lines(Verdict verdict) {
    return lines(verdict, verdict.place().equals(Verdict.Place.NONE) ? "" : place(verdict));
  }

  /** What would become of a connection if there were one. */
  List<String> predicted(Verdict verdict) {
    return lines(
        verdict,
        switch (verdict.id().standing()) {
          case DELIVERED -> "the request arrives, and so does its reply";
          case FAILED -> end(verdict, verdict.place().after().isEmpty() ? "ends" : "ends after");
          case OPEN ->
              end(
                  verdict,
                  verdict.place().after().isEmpty() ? "is not known" : "is known as far as");
        });
  }

  private String end(Verdict verdict, String verb) {
    String after = style.text(verdict.place().after());
    String before = style.text(verdict.place().before());
    return "the %s %s%s%s"
        .formatted(
            packet(verdict),
            verb,
            after.isEmpty() ? "" : " " + after,
            before.isEmpty() ? "" : ", before " + before);
  }

  private List<String> lines(Verdict verdict, String place) {
    String id = verdict.id().toString();
    List<String> lines = new ArrayList<>();
    if (place.isEmpty()) {
      lines.add(style.paint(Tone.of(verdict.id(), verdict.degraded()), id));
    } else {
      List<String> head = TextFit.hanging(id + "  ", place, style.width());
      lines.add(
          style.paint(Tone.of(verdict.id(), verdict.degraded()), id)
              + head.getFirst().substring(id.length()));
      lines.addAll(head.subList(1, head.size()));
    }
    pair(lines, "cause", verdict.cause());
    String key = "evidence";
    for (String evidence : verdict.evidence()) {
      pair(lines, key, evidence);
      key = "";
    }
    pair(lines, "advice", verdict.advice());
    pair(lines, verdict.grade().toString(), verdict.gradeReason());
    return lines;
  }

  private List<String> delivered(Trace trace) {
    Verdict verdict = trace.verdict();
    String id = verdict.id().toString();
    String facts =
        String.join(
            ", ",
            answer(trace),
            TranslationText.summary(trace.translations()),
            retransmits(trace.retransmits()));
    String proof = verdict.grade() + ": " + style.text(verdict.gradeReason());
    List<String> lines = new ArrayList<>();
    String left = id + "  " + facts;
    String right = "    " + proof;
    boolean oneLine = style.wide() || left.length() + right.length() <= style.width();
    for (String line : TextFit.hanging(id + "  ", oneLine ? facts + right : facts, style.width())) {
      lines.add(line);
    }
    lines.set(
        0,
        style.paint(Tone.of(verdict.id(), verdict.degraded()), id)
            + lines.getFirst().substring(id.length()));
    if (!oneLine) {
      pair(lines, verdict.grade().toString(), verdict.gradeReason());
    }
    for (String reason : verdict.degraded()) {
      pair(lines, "degraded", reason);
    }
    return lines;
  }

  private String answer(Trace trace) {
    String word =
        trace.client().protocol() == Protocol.TCP
            ? "handshake "
            : trace.client().protocol().isIcmp() ? "round trip " : "answer after ";
    return trace.handshakeNs() > 0 ? word + Times.of(trace.handshakeNs(), style) : "answered";
  }

  private static String retransmits(int count) {
    return switch (count) {
      case 0 -> "no retransmit";
      case 1 -> "1 retransmit";
      default -> count + " retransmits";
    };
  }

  private static String packet(Verdict verdict) {
    return verdict.direction() == Direction.REQUEST ? "request" : "reply";
  }

  private String place(Verdict verdict) {
    String packet = packet(verdict);
    String after = style.text(verdict.place().after());
    String before = style.text(verdict.place().before());
    String last = after.isEmpty() ? packet + " never seen" : packet + " last seen at " + after;
    return before.isEmpty() ? last : last + ", never came to " + before;
  }

  private void pair(List<String> lines, String key, String value) {
    if (!value.isBlank()) {
      String head = "  " + TextFit.padRight(key, KEY_WIDTH);
      lines.addAll(TextFit.hanging(head, style.text(value), style.width()));
    }
  }
}
