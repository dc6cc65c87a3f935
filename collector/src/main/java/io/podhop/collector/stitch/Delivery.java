package io.podhop.collector.stitch;

import io.podhop.model.Direction;
import io.podhop.model.PacketKind;
import io.podhop.model.PointCoverage;
import io.podhop.model.Verdict;
import io.podhop.model.Verdict.Grade;
import io.podhop.model.Verdict.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** An answered connection, and whether it was a healthy one. */
final class Delivery {
  /** Beyond this a handshake inside a region is odd even without a retransmit. */
  static final long SLOW_WITHIN_NS = 250_000_000L;

  /** The initial retransmission timeout (RFC 6298, 2.1): no healthy path takes longer. */
  static final long SLOW_BEYOND_NS = 1_000_000_000L;

  private Delivery() {}

  static Verdict judge(Findings findings) {
    Exchange exchange = findings.exchange();
    boolean seen = exchange.answerReachedSource();
    List<PointCoverage> points =
        findings.path().stages().stream()
            .flatMap(stage -> findings.path().expectedAt(stage).stream())
            .toList();
    long complete = points.stream().filter(point -> point.coverage().complete()).count();
    return new Verdict(
        Verdict.Id.DELIVERED,
        degraded(findings),
        Place.NONE,
        Direction.REQUEST,
        exchange.handshakeNs() > 0
            ? "answered in " + milliseconds(exchange.handshakeNs())
            : "answered",
        Evidence.of(findings, exchange.reply().orElse(exchange.request())),
        seen ? Grade.PROVEN : Grade.UNPROVEN,
        seen
            ? complete + " of " + points.size() + " points complete"
            : "the probe was answered, but no point saw the answer reach the source",
        "");
  }

  private static List<String> degraded(Findings findings) {
    Exchange exchange = findings.exchange();
    List<String> reasons = new ArrayList<>();
    if (exchange.retransmits() > 0) {
      reasons.add(retransmitted(findings));
    }
    exchange.reply().ifPresent(reply -> reasons.addAll(Copies.losses(reply)));
    boolean beyond = !findings.path().endsAtTarget();
    boolean slow = exchange.handshakeNs() > (beyond ? SLOW_BEYOND_NS : SLOW_WITHIN_NS);
    if (slow && exchange.retransmits() == 0) {
      reasons.add("slow: the answer took " + milliseconds(exchange.handshakeNs()));
    }
    exchange
        .refusal()
        .filter(back -> back.kind() == PacketKind.RST)
        .flatMap(Passage::firstSeen)
        .ifPresent(origin -> reasons.add("reset after it was answered: RST at " + origin.label()));
    addWrongEni(findings, reasons);
    PodStack.stoppedProcess(findings).ifPresent(reasons::add);
    reasons.addAll(Crossing.slow(findings));
    return reasons;
  }

  private static String retransmitted(Findings findings) {
    Exchange exchange = findings.exchange();
    Passage request = exchange.request();
    String packet = request.kind().label();
    List<String> losses = Copies.losses(request);
    String where =
        losses.isEmpty()
            ? findings.path().endsAtTarget()
                ? "no copy was lost on the way: the answer was late or lost"
                : "lost beyond " + request.lastSeen().map(Passage.Step::label).orElse("")
            : String.join("; ", losses);
    return packet + " sent " + (exchange.retransmits() + 1) + " times: " + where;
  }

  private static void addWrongEni(Findings findings, List<String> reasons) {
    String owning = findings.ends().eniAt(Stage.SOURCE_ENI);
    findings
        .exchange()
        .request()
        .at(Stage.SOURCE_ENI)
        .flatMap(Passage.Step::seen)
        .filter(h -> !owning.isEmpty() && !h.point().interfaceName().equals(owning))
        .ifPresent(
            h ->
                reasons.add(
                    "left by "
                        + h.point().label()
                        + " although "
                        + findings.wire().source()
                        + " belongs to "
                        + owning));
  }

  private static String milliseconds(long ns) {
    return String.format(Locale.ROOT, "%.2f ms", ns / 1e6);
  }
}
