package io.podhop.collector.stitch;

import io.podhop.collector.stitch.Cause.Proof;
import io.podhop.model.Citation;
import io.podhop.model.NodeEvidence.CounterChange;
import io.podhop.model.NodeEvidence.KernelDrop;
import io.podhop.model.Role;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Why a packet ended where it vanished. A drop that the kernel told of is this packet's own; the
 * node's rules count when they end it exactly there; a counter is the whole node's, and gives no
 * more than a candidate.
 */
final class Causes {
  /** A table that is this full takes nothing new: entries come and go meanwhile. */
  private static final double FULL = 0.99;

  private final Findings findings;
  private final Gap gap;
  private final Looked looked;
  private final Forecast forecast;

  private Causes(Findings findings, Gap gap) {
    this.findings = findings;
    this.gap = gap;
    this.looked = Looked.on(findings, gap.node());
    this.forecast = new Forecast(findings);
  }

  /** The best known cause of an end at a gap; empty when nothing tells. */
  static Optional<Cause> of(Findings findings, Gap gap) {
    return new Causes(findings, gap).best();
  }

  /** What the kernel itself says of the end of a packet there. */
  static Optional<Cause> dropped(Findings findings, Gap gap) {
    return new Causes(findings, gap).drops();
  }

  private Optional<Cause> best() {
    // What has left the node again may be dropped by others, with reasons that are not the node's.
    Optional<Cause> sentOut = forecast.sentOutAgain(gap);
    if (sentOut.isPresent()) {
      return sentOut;
    }
    Optional<Cause> ruled = forecast.endingAt(gap).map(Causes::unanswered);
    Optional<Cause> told = drops();
    if (told.isPresent() && ruled.isPresent()) {
      return Optional.of(both(told.get(), ruled.get()));
    }
    return told.or(() -> ruled.map(this::counted))
        .or(this::denied)
        .or(this::switchedOff)
        .or(this::counter);
  }

  /** A rule that rejects, when no refusal came back, did no more than drop. */
  private static Cause unanswered(Cause ruled) {
    return ruled.id() == Verdict.Id.REFUSED
        ? new Cause(
            Verdict.Id.FIREWALL_DROP,
            ruled.sentence(),
            ruled.lines(),
            ruled.advice(),
            ruled.proof())
        : ruled;
  }

  /** Two that agree are one; where they do not, the kernel was there and the rules were not. */
  private static Cause both(Cause told, Cause ruled) {
    if (told.id() == ruled.id()) {
      return ruled.and(told.lines()).known(Proof.ON_RECORD);
    }
    return told.and(List.of("predicted to end there for another reason: " + ruled.sentence()));
  }

  private Cause counted(Cause ruled) {
    return Stream.concat(CounterMeaning.ROUTING.stream(), CounterMeaning.TABLES.stream())
        .filter(meaning -> meaning.id() == ruled.id())
        .flatMap(meaning -> looked.moved(CounterChange.NODE, meaning.counter()).stream())
        .findFirst()
        .map(change -> ruled.and(List.of(line(change))))
        .orElse(ruled)
        .and(settings(ruled.id()));
  }

  private Optional<Cause> drops() {
    boolean far = !gap.node().equals(findings.ends().source().node());
    List<KernelDrop> drops = looked.dropsSince(gap, findings.offset(), far);
    return drops.stream()
        .flatMap(drop -> DropMeaning.of(drop.reason(), gap.kind()).stream())
        .findFirst()
        .map(meaning -> told(meaning, drops));
  }

  private Cause told(DropMeaning meaning, List<KernelDrop> drops) {
    List<String> lines = new ArrayList<>();
    drops.stream()
        .filter(drop -> drop.reason().equals(meaning.reason()))
        .map(drop -> line(drop, drops))
        .distinct()
        .forEach(lines::add);
    lines.addAll(settings(meaning.id()));
    Cause cause =
        new Cause(
            meaning.id(),
            meaning.sentence().formatted(gap.node()),
            lines,
            meaning.advice(),
            Proof.ON_RECORD);
    return meaning.reason().equals(DropMeaning.NETFILTER) ? netfilter(cause) : cause;
  }

  /**
   * NAT and conntrack drop with the reason that rules have. Where the rules are known to let the
   * packet through, their counters tell which of them it was; else they give a candidate.
   */
  private Cause netfilter(Cause dropped) {
    return denied()
        .map(cause -> cause.and(dropped.lines()).known(Proof.ON_RECORD))
        .or(
            () ->
                forecast.endingAt(gap).isPresent()
                    ? Optional.empty()
                    : table(
                        forecast.passes(gap.node(), gap.direction())
                            ? Proof.ON_RECORD
                            : Proof.CANDIDATE))
        .map(cause -> cause.and(dropped.lines()))
        .orElse(dropped);
  }

  private Optional<Cause> counter() {
    if (gap.kind() != Gap.Kind.FORWARDING) {
      return Optional.empty();
    }
    return CounterMeaning.ROUTING.stream()
        .flatMap(meaning -> moved(meaning, Proof.CANDIDATE).stream())
        .findFirst()
        .or(() -> table(Proof.CANDIDATE));
  }

  private Optional<Cause> table(Proof proof) {
    return CounterMeaning.TABLES.stream()
        .filter(meaning -> meaning.id() != Verdict.Id.SNAT_EXHAUSTED || isLeaving())
        .flatMap(meaning -> moved(meaning, proof).stream())
        .findFirst()
        .map(
            cause ->
                cause.id() == Verdict.Id.CONNTRACK_FULL && isFull()
                    ? cause.known(Proof.ON_RECORD)
                    : cause);
  }

  private Optional<Cause> moved(CounterMeaning meaning, Proof proof) {
    return looked
        .moved(CounterChange.NODE, meaning.counter())
        .filter(change -> change.moved() >= gap.last().copies())
        .map(
            change ->
                new Cause(
                    meaning.id(),
                    meaning.sentence().formatted(gap.node()),
                    List.of(line(change)),
                    meaning.advice(),
                    proof))
        .map(cause -> cause.and(settings(cause.id())));
  }

  /** Source ports are dealt where a packet leaves its node. */
  private boolean isLeaving() {
    return gap.last().point().role() == Role.HOST_VETH
        || gap.last().point().role() == Role.POD_ETH0;
  }

  private boolean isFull() {
    Optional<Long> limit = looked.number("nf_conntrack_max");
    Optional<Long> count = looked.number("nf_conntrack_count");
    return limit.isPresent() && count.isPresent() && count.get() >= limit.get() * FULL;
  }

  private Optional<Cause> switchedOff() {
    List<String> off = looked.settings("ip_forward").stream().filter(Causes::isZero).toList();
    return gap.kind() != Gap.Kind.FORWARDING || off.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Cause(
                Verdict.Id.LOST_ON_NODE,
                gap.node() + " does not forward it: forwarding is off",
                off,
                Advice.FORWARDING,
                Proof.BY_RULE));
  }

  private static boolean isZero(String setting) {
    return setting.replace(" ", "").endsWith("=0");
  }

  /** What the network policy agent denied of these two ends. */
  private Optional<Cause> denied() {
    String source = gap.last().tuple().source().toString();
    String destination = gap.last().tuple().destination().toString();
    List<String> lines =
        looked.policy().stream()
            .map(Citation::toString)
            .filter(line -> line.contains(source) && line.contains(destination))
            .toList();
    return lines.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Cause(
                Verdict.Id.FIREWALL_DROP,
                "a network policy on " + gap.node() + " denies it",
                lines,
                Advice.POLICY,
                Proof.ON_RECORD));
  }

  private List<String> settings(Verdict.Id id) {
    return switch (id) {
      case RP_FILTER -> looked.settings("rp_filter");
      case CONNTRACK_FULL -> looked.settings("nf_conntrack");
      case LOST_ON_NODE -> looked.settings("ip_forward").stream().filter(Causes::isZero).toList();
      case DELIVERED,
          REFUSED,
          NO_ANSWER,
          DNS_FAILED,
          LOST_IN_POD,
          LOST_IN_VPC,
          WRONG_ENI,
          ROUTING_LOOP,
          FIREWALL_DROP,
          SNAT_EXHAUSTED,
          RECYCLED_ADDRESS,
          MTU_BLACKHOLE,
          NO_ADDRESS,
          NOT_OBSERVED ->
          List.of();
    };
  }

  private String line(KernelDrop drop, List<KernelDrop> all) {
    long times = all.stream().filter(d -> d.reason().equals(drop.reason())).count();
    return "the kernel of %s dropped it %d times: %s%s"
        .formatted(
            gap.node(),
            times,
            drop.reason(),
            drop.location().isEmpty() ? "" : " at " + drop.location());
  }

  private String line(CounterChange change) {
    return "%s of %s rose by %d while the packet vanished %d times"
        .formatted(change.name(), gap.node(), change.moved(), gap.last().copies());
  }
}
