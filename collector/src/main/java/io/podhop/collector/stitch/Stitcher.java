package io.podhop.collector.stitch;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import io.podhop.model.Citation;
import io.podhop.model.ClockOffset;
import io.podhop.model.Endpoint;
import io.podhop.model.FlowKey;
import io.podhop.model.Hop;
import io.podhop.model.Identity;
import io.podhop.model.PacketKind;
import io.podhop.model.PointCoverage;
import io.podhop.model.Protocol;
import io.podhop.model.Segment;
import io.podhop.model.Trace;
import io.podhop.model.TraceIds;
import io.podhop.model.Translation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Segments of one connection from all nodes to one trace, on the source node's clock. */
public final class Stitcher {
  private final TraceContext context;
  private final List<Segment> segments;
  private final Ends ends;
  private final Path path;

  private Stitcher(List<Segment> segments, List<PointCoverage> armed, TraceContext context) {
    this.context = context;
    this.ends = Ends.of(context, segments);
    this.segments =
        segments.stream()
            .sorted(Comparator.comparingInt(this::rank).thenComparing(Segment::node))
            .toList();
    this.path = Path.between(ends, union(armed, this.segments));
  }

  /**
   * Stitches and judges one connection.
   *
   * @param segments all of one trace id, in any order, twice or one-sided; empty when no node saw
   *     the connection
   * @param armed every point that was armed on any node, whether it saw anything or not
   */
  public static Stitched stitch(
      List<Segment> segments, List<PointCoverage> armed, TraceContext context) {
    return new Stitcher(segments, armed, context).stitch();
  }

  /** Segments by trace id, in the order in which they came. */
  public static Map<String, List<Segment>> byTrace(List<Segment> segments) {
    return segments.stream().collect(groupingBy(Segment::traceId, LinkedHashMap::new, toList()));
  }

  private Stitched stitch() {
    List<Hop.Observed> merged = HopMerge.observed(segments);
    ClockOffset measured = ClockOffsets.measure(merged, ends);
    ClockOffset offset = best(measured);
    List<Hop.Observed> seen = merged.stream().map(hop -> onSourceClock(hop, offset)).toList();
    Exchange exchange = Exchange.of(path, seen, opener(context.protocol()));
    Findings findings =
        new Findings(context, path, exchange, wire(), offset, translations(), notes());
    return new Stitched(trace(findings, hops(seen, exchange)), ends.target().node(), measured);
  }

  private static PacketKind opener(Protocol protocol) {
    return switch (protocol) {
      case TCP -> PacketKind.SYN;
      case UDP -> PacketKind.DATAGRAM;
      case ICMP, ICMPV6 -> PacketKind.ECHO_REQUEST;
    };
  }

  private ClockOffset best(ClockOffset measured) {
    ClockOffset remembered =
        context.offsets().getOrDefault(ends.target().node(), ClockOffset.UNKNOWN);
    if (!measured.known() || !remembered.known()) {
      return measured.known() ? measured : remembered;
    }
    boolean contradicts =
        Math.abs(measured.offsetNs() - remembered.offsetNs())
            > measured.errorNs() + remembered.errorNs();
    return contradicts || measured.errorNs() <= remembered.errorNs() ? measured : remembered;
  }

  private Hop.Observed onSourceClock(Hop.Observed hop, ClockOffset offset) {
    boolean far = !ends.onOneNode() && hop.point().node().equals(ends.target().node());
    return !far || !offset.known()
        ? hop
        : new Hop.Observed(
            hop.point(),
            hop.direction(),
            hop.packet(),
            hop.tuple(),
            hop.timeNs() - offset.offsetNs(),
            hop.copies(),
            hop.why());
  }

  private List<Hop> hops(List<Hop.Observed> seen, Exchange exchange) {
    Map<HopMerge.Key, List<Citation>> reasons = HopMerge.reasons(segments);
    List<Hop> hops = new ArrayList<>(seen);
    exchange.passages().forEach(passage -> hops.addAll(Silence.along(passage, reasons)));
    hops.sort(
        Comparator.comparing(Hop::packet)
            .thenComparing(Hop::direction)
            .thenComparing(this::compareStages)
            .thenComparingLong(Stitcher::timeNs));
    return hops;
  }

  private int compareStages(Hop a, Hop b) {
    Stage first = ends.stageOf(a.point());
    Stage second = ends.stageOf(b.point());
    return switch (a.direction()) {
      case REQUEST -> first.compareTo(second);
      case REPLY -> second.compareTo(first);
    };
  }

  private static long timeNs(Hop hop) {
    return switch (hop) {
      case Hop.Observed seen -> seen.timeNs();
      case Hop.NotSeen _, Hop.Inferred _ -> Long.MAX_VALUE;
    };
  }

  private Trace trace(Findings findings, List<Hop> hops) {
    Exchange exchange = findings.exchange();
    FlowKey client = client();
    long startNs =
        exchange
            .request()
            .firstSeen()
            .or(() -> exchange.back().flatMap(Passage::firstSeen))
            .flatMap(Passage.Step::seen)
            .map(Hop.Observed::timeNs)
            .or(() -> context.attempt().map(Attempt::startNs))
            .orElse(0L);
    return new Trace(
        first().map(Segment::traceId).orElse(TraceIds.ofTuple(client, startNs)),
        first().map(Segment::identity).orElse(Identity.TUPLE),
        startNs,
        named(context.source(), client.sourcePort()),
        named(context.destination(), client.destinationPort()),
        client,
        findings.wire(),
        hops,
        findings.translations(),
        exchange.handshakeNs(),
        exchange.retransmits(),
        findings.offset(),
        context.missingNodes(),
        Reported.join(Judge.judge(findings), segments),
        context.predicted());
  }

  private static Endpoint named(Endpoint endpoint, int port) {
    return new Endpoint(endpoint.address(), port, endpoint.owner());
  }

  private FlowKey client() {
    return first()
        .map(segment -> isNear(segment) ? segment.client() : segment.wire())
        .orElse(askedFor());
  }

  private FlowKey askedFor() {
    int port = context.attempt().map(Attempt::sourcePort).orElse(context.source().port());
    return new FlowKey(
        context.protocol(),
        context.source().address(),
        port,
        context.destination().address(),
        context.protocol().isIcmp() ? port : context.destination().port());
  }

  private FlowKey wire() {
    return first().map(Segment::wire).orElse(askedFor());
  }

  private List<Translation> translations() {
    return segments.stream()
        .map(Segment::translation)
        .filter(translation -> !(translation instanceof Translation.None))
        .distinct()
        .toList();
  }

  private List<String> notes() {
    return Stream.concat(
            segments.stream().flatMap(segment -> segment.notes().stream()),
            context.notes().stream())
        .distinct()
        .toList();
  }

  private Optional<Segment> first() {
    return segments.isEmpty() ? Optional.empty() : Optional.of(segments.getFirst());
  }

  private boolean isNear(Segment segment) {
    return segment.node().equals(ends.source().node());
  }

  private int rank(Segment segment) {
    return switch (segment.side()) {
      case SOURCE, BOTH -> 0;
      case TRANSIT -> 1;
      case DESTINATION -> 2;
    };
  }

  /** Points of both lists; the armed list was written last and knows more. */
  private static Collection<PointCoverage> union(
      List<PointCoverage> armed, List<Segment> segments) {
    Map<String, PointCoverage> points = new LinkedHashMap<>();
    armed.forEach(point -> points.put(point.point().identity(), point));
    segments.stream()
        .flatMap(segment -> segment.coverage().stream())
        .forEach(point -> points.putIfAbsent(point.point().identity(), point));
    return points.values();
  }
}
