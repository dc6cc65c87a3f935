package io.podhop.cli.render;

import io.podhop.cli.render.Style.Tone;
import io.podhop.model.Endpoint;
import io.podhop.model.Flow;
import io.podhop.model.Owner;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;

/**
 * Flows for people: a line each, and what is odd about it on lines below; in the wide style one
 * line with all of it. What is missing goes where errors go.
 */
public final class FlowLines implements FlowPrinter {
  private static final int SOURCE_WIDTH = 14;
  private static final int VERDICT_WIDTH = 12;
  private static final int RTT_WIDTH = 8;
  private static final int BYTES_WIDTH = 5;
  private static final int WIDE_NAME = 30;
  private static final int INFO_INDENT = 13;
  private static final long MILLI_NS = 1_000_000;
  private static final long SECOND_MS = 1_000;

  private final Appendable out;
  private final Appendable err;
  private final Style style;
  private final ZoneId zone;
  private final int destinationWidth;
  private final StringBuilder line = new StringBuilder();
  private boolean hasHeader;

  /**
   * @param zone of the times
   */
  public FlowLines(Appendable out, Appendable err, Style style, ZoneId zone) {
    this.out = out;
    this.err = err;
    this.style = style;
    this.zone = zone;
    this.destinationWidth = 18 - style.arrow().length();
  }

  @Override
  public void flow(Flow flow) throws IOException {
    if (!hasHeader) {
      hasHeader = true;
      header();
    }
    line.setLength(0);
    time(flow.endNs());
    line.append(' ');
    if (style.wide()) {
      column(end(flow.source(), sourcePort(flow), 0), WIDE_NAME);
    } else {
      column(end(flow.source(), 0, SOURCE_WIDTH), SOURCE_WIDTH);
    }
    line.append(' ').append(style.arrow()).append(' ');
    int port = flow.key().protocol().isIcmp() ? 0 : flow.key().destinationPort();
    int width = style.wide() ? WIDE_NAME : destinationWidth;
    column(end(flow.destination(), port, style.wide() ? 0 : width), width);
    line.append(' ');
    column(flow.key().protocol().isIcmp() ? "icmp" : flow.key().protocol().toString(), 4);
    line.append(' ');
    verdict(flow.outcome());
    right(flow.rttNs() > 0 ? Times.of(flow.rttNs(), style) : "-", RTT_WIDTH);
    line.append(' ');
    right(Amounts.of(flow.request().bytes() + flow.reply().bytes()), BYTES_WIDTH);
    info(FlowInfo.of(flow, style));
  }

  private void header() throws IOException {
    String gap = " ".repeat(style.arrow().length() + 2);
    int source = style.wide() ? WIDE_NAME : SOURCE_WIDTH;
    int destination = style.wide() ? WIDE_NAME : destinationWidth;
    String text =
        TextFit.padRight("TIME", 13)
            + TextFit.padRight("SOURCE", source)
            + gap
            + TextFit.padRight("DESTINATION:PORT", destination + 1)
            + "PROT "
            + TextFit.padRight("VERDICT", VERDICT_WIDTH)
            + "      RTT BYTES"
            + (style.wide() ? "  INFO" : "");
    out.append(style.paint(Tone.FAINT, text)).append('\n');
  }

  private void time(long epochNs) {
    long epochMs = Math.floorDiv(epochNs, MILLI_NS);
    int offset = zone.getRules().getOffset(Instant.ofEpochMilli(epochMs)).getTotalSeconds();
    long ofDay = Math.floorMod(epochMs + offset * SECOND_MS, 86_400 * SECOND_MS);
    digits(ofDay / 3_600_000, 2);
    line.append(':');
    digits(ofDay / 60_000 % 60, 2);
    line.append(':');
    digits(ofDay / SECOND_MS % 60, 2);
    line.append('.');
    digits(ofDay % SECOND_MS, 3);
  }

  private void digits(long value, int count) {
    for (int i = count, unit = count == 3 ? 100 : 10; i > 0; i--, unit /= 10) {
      line.append((char) ('0' + value / unit % 10));
    }
  }

  private void column(String text, int width) {
    line.append(text);
    line.repeat(' ', Math.max(0, width - text.length()));
  }

  private void right(String text, int width) {
    line.repeat(' ', Math.max(0, width - text.length())).append(text);
  }

  private void verdict(Flow.Outcome outcome) {
    String id = outcome.verdict().toString();
    line.append(style.paint(Tone.of(outcome.verdict(), outcome.degraded()), id));
    line.repeat(' ', Math.max(0, VERDICT_WIDTH - id.length()) + 1);
  }

  private static int sourcePort(Flow flow) {
    return flow.key().protocol().isIcmp() ? 0 : flow.key().sourcePort();
  }

  /**
   * Who it is, by name where one is known.
   *
   * @param port 0 for none
   * @param width 0 for no limit
   */
  private String end(Endpoint end, int port, int width) {
    String suffix = port == 0 ? "" : ":" + port;
    String name = style.text(name(end));
    boolean brackets = port != 0 && name.indexOf(':') >= 0;
    int room = width - suffix.length() - (brackets ? 2 : 0);
    String fitted = width == 0 ? name : TextFit.cutMiddle(name, room, style.ellipsis());
    return brackets ? "[" + fitted + "]" + suffix : fitted + suffix;
  }

  private static String name(Endpoint end) {
    return switch (end.owner()) {
      case Owner.Pod _, Owner.Node _, Owner.Service _ -> end.owner().label();
      case Owner.External external ->
          external.name().isEmpty() ? end.address().toString() : external.name();
      case Owner.Unknown _ -> end.address().toString();
    };
  }

  private void info(String info) throws IOException {
    if (style.wide() && !info.isEmpty()) {
      line.append("  ").append(info);
    }
    out.append(line).append('\n');
    if (!style.wide() && !info.isEmpty()) {
      String indent = " ".repeat(INFO_INDENT);
      for (String part : TextFit.hanging(indent, info, style.width())) {
        out.append(part).append('\n');
      }
    }
  }

  @Override
  public void lost(String node, long count, String reason) throws IOException {
    err.append(style.paint(Tone.ODD, "lost"))
        .append("  ")
        .append(count == 0 ? "flows" : count == 1 ? "1 flow" : count + " flows")
        .append(" of ")
        .append(style.text(node))
        .append(": ")
        .append(style.text(reason))
        .append('\n');
  }
}
