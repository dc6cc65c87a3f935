package io.podhop.cli.render;

import io.podhop.cli.render.Style.Tone;
import io.podhop.model.PairTotals;
import java.util.ArrayList;
import java.util.List;

/** The busiest pairs for people: a line each, within 80 columns unless wide. */
public final class TopText {
  private static final int SOURCE_WIDTH = 14;
  private static final int DESTINATION_WIDTH = 18;
  private static final int WIDE_NAME = 40;

  private TopText() {}

  public static String of(TopReport report, Style style) {
    List<String> lines = new ArrayList<>();
    lines.add(style.paint(Tone.FAINT, header(style)));
    report.pairs().forEach(pair -> lines.add(line(report, pair, style)));
    if (report.pairs().isEmpty()) {
      lines.add("no traffic between known pairs in this interval");
    }
    if (report.others() > 0) {
      note(lines, report.others() + " more active pairs; --once --limit N shows them", style);
    }
    if (report.overflowed() > 0) {
      note(lines, report.overflowed() + " pairs have no line of their own: a table is full", style);
    }
    if (!report.silentNodes().isEmpty()) {
      note(lines, "no answer from " + String.join(", ", report.silentNodes()), style);
    }
    return String.join("\n", lines) + "\n";
  }

  private static void note(List<String> lines, String text, Style style) {
    lines.addAll(TextFit.hanging("note  ", style.text(text), style.width()));
  }

  private static String header(Style style) {
    return TextFit.padRight("SOURCE", style.wide() ? WIDE_NAME : SOURCE_WIDTH)
        + " "
        + TextFit.padRight("DESTINATION:PORT", style.wide() ? WIDE_NAME : DESTINATION_WIDTH)
        + " PROT   RATE PKT/S CONN/S FAILED RETR HANDSHK";
  }

  private static String line(TopReport report, PairTotals pair, Style style) {
    int source = style.wide() ? WIDE_NAME : SOURCE_WIDTH;
    int destination = style.wide() ? WIDE_NAME : DESTINATION_WIDTH;
    boolean icmp = pair.protocol().isIcmp();
    String port = icmp || pair.port() == 0 ? "" : ":" + pair.port();
    String to = style.name(pair.destination(), destination - port.length()) + port;
    String failed = right(Amounts.of(pair.failed()), 6);
    return TextFit.padRight(style.name(pair.source(), source), source)
        + " "
        + TextFit.padRight(to, destination)
        + " "
        + TextFit.padRight(icmp ? "icmp" : pair.protocol().toString(), 4)
        + right(rate(report, pair.requestBytes() + pair.replyBytes()) + "B", 7)
        + right(rate(report, pair.requestPackets() + pair.replyPackets()), 6)
        + right(rate(report, pair.connections()), 7)
        + " "
        + (pair.failed() > 0 ? style.paint(Tone.BAD, failed) : failed)
        + right(Amounts.of(pair.retransmits()), 5)
        + " "
        + right(handshake(pair, style), 7).stripTrailing();
  }

  /** Small rates keep a digit after the point: a connection every ten seconds is not none. */
  private static String rate(TopReport report, long amount) {
    double perSecond = report.perSecond(amount);
    long tenths = Math.round(perSecond * 10);
    return tenths > 0 && tenths < 100
        ? tenths / 10 + "." + tenths % 10
        : Amounts.of(Math.round(perSecond));
  }

  private static String handshake(PairTotals pair, Style style) {
    if (pair.handshakes() == 0) {
      return "-";
    }
    String text = Times.of(pair.handshakeNs() / pair.handshakes(), style);
    return text.length() <= 7 ? text : text.replace(" ", "");
  }

  private static String right(String text, int width) {
    return " ".repeat(Math.max(0, width - text.length())) + text;
  }
}
