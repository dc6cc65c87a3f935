package io.podhop.agent;

import static io.podhop.agent.correlate.NodeFixture.API;
import static io.podhop.agent.correlate.NodeFixture.API_POD;
import static io.podhop.agent.correlate.NodeFixture.CART;
import static io.podhop.agent.correlate.NodeFixture.CART_POD;
import static io.podhop.agent.correlate.NodeFixture.ETH0;
import static io.podhop.agent.correlate.NodeFixture.ETH1;
import static io.podhop.agent.correlate.NodeFixture.FAR;
import static io.podhop.agent.correlate.NodeFixture.INTERNET;
import static io.podhop.agent.correlate.NodeFixture.PRIMARY;
import static io.podhop.agent.correlate.NodeFixture.tcp;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import io.podhop.agent.correlate.NodeFixture;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.correlate.Peers;
import io.podhop.agent.judge.SightBook;
import io.podhop.agent.judge.Thresholds;
import io.podhop.agent.metrics.FlowMetrics;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.agent.observe.Observers;
import io.podhop.agent.sample.Sampling;
import io.podhop.agent.sample.TraceBudget;
import io.podhop.model.DnsExchange;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.Hop;
import io.podhop.model.NodeInventory;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Owner;
import io.podhop.model.PairTotals;
import io.podhop.model.PeerNode;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import io.podhop.model.Protocol;
import io.podhop.model.Role;
import io.podhop.model.Segment;
import io.podhop.model.TraceIds;
import io.podhop.model.Verdict;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.Observe;
import io.podhop.wire.FlowCodec;
import io.podhop.wire.OtlpAttributes;
import io.podhop.wire.Schema;
import io.podhop.wire.TraceCodec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** From records to flows, totals and traces, on one node with values only. */
class FlowWorkTest {
  private final List<AgentMessage> sent = new ArrayList<>();
  private final List<ExportTraceServiceRequest> shipped = new ArrayList<>();
  private final List<ConntrackEntry> conntrack = new ArrayList<>();
  private final SightBook sights = new SightBook();
  private final FlowMetrics metrics = new FlowMetrics();
  private final Observers observers = new Observers(sent::add);
  private NodeView view = NodeFixture.view(true);
  private FlowWork work = work(0);
  private long now;

  private FlowWork work(double share) {
    TraceMaker traces = new TraceMaker(sights, new TraceBudget(1000, 0), shipped::add);
    return new FlowWork(
        () -> view,
        sights,
        new FlowWork.Rules(Thresholds.DEFAULT, new Sampling(share), 1024),
        new FlowWork.Sinks(metrics, observers, traces),
        packet ->
            conntrack.stream()
                .filter(e -> e.original().equals(packet) || e.replyTuple().equals(packet))
                .findFirst());
  }

  private void hear(FlowEvent... events) {
    for (FlowEvent event : events) {
      work.accept(event, now);
    }
    now += FlowJoiner.HOLD_NS;
    work.due(now).forEach(group -> work.finish(group, now));
  }

  private List<Flow> shown() {
    sent.clear();
    observers.observe(Observe.newBuilder().setRequestId("r").setLast(100).build());
    return sent.stream()
        .flatMap(message -> message.getFlowsSeen().getFlowsList().stream())
        .map(FlowCodec::decode)
        .toList();
  }

  private static Segment segment(ExportTraceServiceRequest request) throws Exception {
    Span root = request.getResourceSpans(0).getScopeSpans(0).getSpans(0);
    return TraceCodec.decode(
        io.podhop.v1.Segment.parseFrom(
            OtlpAttributes.find(root.getAttributesList(), Schema.SEGMENT)
                .orElseThrow()
                .getBytesValue()));
  }

  @Test
  void finish_connectionSeenAtPodAndEni_isOneFlowWithTheIdThatTheOtherNodeDerives() {
    FlowKey key = tcp(API, 40000, FAR);
    hear(Seen.tcp(key, 77, 5).at(API_POD), Seen.tcp(key, 77, 5).at(ETH1));

    assertThat(shown())
        .singleElement()
        .satisfies(
            flow -> {
              assertThat(flow.traceId()).isEqualTo(TraceIds.ofTcp(key, 77));
              assertThat(flow.point()).isEqualTo(API_POD);
              assertThat(flow.source().owner().workloadName()).isEqualTo("api");
              assertThat(flow.outcome().isOdd()).isFalse();
            });
    assertThat(metrics.pairs().totals())
        .extracting(PairTotals::source, PairTotals::connections)
        .containsExactly(org.assertj.core.groups.Tuple.tuple("shop/api", 1L));
    assertThat(shipped).isEmpty();
  }

  @Test
  void finish_failedBehindSnat_isATraceOfTheWireTupleWithEveryHop() throws Exception {
    FlowKey before = tcp(API, 40000, INTERNET);
    FlowKey after = tcp(PRIMARY, 51040, INTERNET);
    conntrack.add(NodeFixture.conntrack(before, after, 0x80));
    for (ObservationPoint point : List.of(API_POD, ETH0, ETH1, CART_POD)) {
      sights.opened(point, "tcp", 1);
      sights.note(point, 10 * Seen.START_NS, new SightBook.Counters(9, 0, 0, 0));
    }
    hear(Seen.unansweredTcp(before, 77).at(API_POD), Seen.unansweredTcp(after, 77).at(ETH0));

    assertThat(shown()).extracting(Flow::traceId).containsExactly(TraceIds.ofTcp(after, 77));
    assertThat(shipped).hasSize(1);
    Segment segment = segment(shipped.getFirst());
    assertThat(segment.wire()).isEqualTo(after);
    assertThat(segment.hops()).extracting(Hop::point).containsExactly(API_POD, ETH0);
    assertThat(segment.coverage()).extracting(c -> c.point()).doesNotContain(CART_POD);
    assertThat(segment.coverage()).allMatch(c -> c.coverage().complete());
    assertThat(segment.outcome().orElseThrow().verdict()).isEqualTo(Verdict.Id.NO_ANSWER);
    Span root = shipped.getFirst().getResourceSpans(0).getScopeSpans(0).getSpans(0);
    assertThat(OtlpAttributes.find(root.getAttributesList(), Schema.CAPTURE_MODE)).isPresent();
  }

  @Test
  void finish_neverAtAnEni_hasAHopThatSaysSoWithItsCoverage() throws Exception {
    sights.opened(API_POD, "tcp", 1);
    sights.opened(ETH1, "tcp", 1);
    hear(Seen.unansweredTcp(tcp(API, 40000, FAR), 77).at(API_POD));

    Hop last = segment(shipped.getFirst()).hops().getLast();
    assertThat(last.point()).isEqualTo(ETH1);
    assertThat(last).isInstanceOf(Hop.NotSeen.class);
  }

  @Test
  void finish_sameNode_isCountedAtItsSourceOnly() {
    FlowKey key = tcp(API, 40000, CART);
    hear(Seen.tcp(key, 77, 5).at(CART_POD), Seen.tcp(key, 77, 5).at(API_POD));
    assertThat(shown()).extracting(Flow::point).containsExactly(API_POD);
    assertThat(metrics.pairs().totals()).hasSize(1);
  }

  @Test
  void finish_fromAnotherNode_isCountedAtItsDestinationPod() {
    FlowKey key = tcp(FAR, 40000, API);
    hear(Seen.tcp(key, 77, 5).at(ETH1), Seen.tcp(key, 77, 5).at(API_POD));
    assertThat(shown()).extracting(Flow::point).containsExactly(API_POD);
    assertThat(metrics.pairs().totals()).isEmpty();
  }

  private void tellOfNodeB(boolean countsFlows) {
    Peers peers = new Peers();
    peers.learn(
        new PeerNode(
            "node-b",
            List.of(new PeerNode.Pod(new PodRef("shop", "db-0"), "db", "eth0", List.of(FAR))),
            List.of(),
            countsFlows));
    view = new NodeView(view.inventory(), view.ipam(), view.routes(), view.nat(), peers.book());
  }

  @Test
  void finish_fromPodOfCountingNode_isShownAndTracedButNotCounted() throws Exception {
    tellOfNodeB(true);
    FlowKey key = tcp(FAR, 40000, API);
    hear(Seen.unansweredTcp(key, 77).at(ETH1), Seen.unansweredTcp(key, 77).at(API_POD));

    assertThat(shown())
        .extracting(flow -> flow.source().owner().label())
        .containsExactly("shop/db-0");
    assertThat(metrics.pairs().totals()).isEmpty();
    assertThat(shipped).hasSize(1);
    Segment segment = segment(shipped.getFirst());
    assertThat(segment.side()).isEqualTo(Segment.Side.DESTINATION);
    assertThat(segment.source().owner().label()).isEqualTo("shop/db-0");
  }

  @Test
  void finish_fromPodOfNodeThatDoesNotCount_isCountedHereByName() {
    tellOfNodeB(false);
    FlowKey key = tcp(FAR, 40000, API);
    hear(Seen.tcp(key, 77, 5).at(ETH1), Seen.tcp(key, 77, 5).at(API_POD));

    assertThat(metrics.pairs().totals())
        .extracting(PairTotals::source, PairTotals::destination)
        .containsExactly(org.assertj.core.groups.Tuple.tuple("shop/db", "shop/api"));
  }

  @Test
  void finish_toPodOfAnotherNode_isCountedUnderItsWorkload() {
    tellOfNodeB(true);
    FlowKey key = tcp(API, 40000, FAR);
    hear(Seen.tcp(key, 77, 5).at(API_POD), Seen.tcp(key, 77, 5).at(ETH1));

    assertThat(metrics.pairs().totals())
        .extracting(PairTotals::source, PairTotals::destination)
        .containsExactly(org.assertj.core.groups.Tuple.tuple("shop/api", "shop/db"));
  }

  @Test
  void finish_hostNetwork_isCountedAtTheEniAndSnattedPodTrafficIsNot() {
    hear(Seen.tcp(tcp(PRIMARY, 40000, FAR), 77, 5).at(ETH0));
    assertThat(shown()).extracting(flow -> flow.source().owner()).hasSize(1);

    hear(
        Seen.tcp(tcp(API, 40000, INTERNET), 78, 5).at(API_POD),
        Seen.tcp(tcp(PRIMARY, 50000, INTERNET), 78, 5).at(ETH0));
    assertThat(shown()).extracting(Flow::point).containsExactly(ETH0, API_POD);
  }

  @Test
  void finish_udpHalfBehindSnat_isKnownByConntrack() {
    FlowKey before = udp(API.toString(), 40000, INTERNET.toString());
    FlowKey after = udp(PRIMARY.toString(), 50000, INTERNET.toString());
    conntrack.add(NodeFixture.conntrack(before, after, 0));
    hear(
        Seen.udp(before, Optional.empty()).at(API_POD),
        Seen.udp(after, Optional.empty()).at(ETH0),
        Seen.udp(udp(PRIMARY.toString(), 123, INTERNET.toString()), Optional.empty()).at(ETH0));
    assertThat(shown()).extracting(flow -> flow.key().sourcePort()).containsExactly(40000, 123);
  }

  private static FlowKey udp(String source, int port, String destination) {
    return new FlowKey(
        Protocol.UDP,
        io.podhop.model.IpAddress.parse(source),
        port,
        io.podhop.model.IpAddress.parse(destination),
        443);
  }

  @Test
  void finish_hostThatThePodAskedFor_isNamed() {
    work.accept(
        new FlowEvent.Answered(API_POD, "api.example.com", INTERNET, 60, Seen.START_NS), now);
    work.accept(
        new FlowEvent.Answered(ETH0, "wrong.example.com", INTERNET, 60, Seen.START_NS), now);
    hear(Seen.tcp(tcp(API, 40000, INTERNET), 77, 5).at(API_POD));
    assertThat(shown().getFirst().destination().owner())
        .isEqualTo(new Owner.External("api.example.com"));
  }

  @Test
  void finish_silenceWhileThePointLostPackets_isNotObserved() {
    sights.opened(API_POD, "tcp", 1);
    sights.note(API_POD, 3 * Seen.START_NS, new SightBook.Counters(9, 4, 0, 0));
    hear(Seen.unansweredTcp(tcp(API, 40000, FAR), 77).at(API_POD));
    Flow flow = shown().getFirst();
    assertThat(flow.outcome().verdict()).isEqualTo(Verdict.Id.NOT_OBSERVED);
    assertThat(flow.sight().dropped()).isEqualTo(4);
  }

  @Test
  void finish_dnsError_isATraceThatSaysSo() throws Exception {
    FlowKey key = udp(API.toString(), 40000, FAR.toString());
    hear(
        Seen.udp(key, Optional.of(new DnsExchange(7, "no.example", 1, 9, 3, 900_000, 1)))
            .at(API_POD));
    assertThat(segment(shipped.getFirst()).outcome())
        .contains(new Flow.Outcome(Verdict.Id.DNS_FAILED, List.of(), "NXDOMAIN for no.example"));
  }

  @Test
  void finish_intervals_addUpAndAreSpansOfTheTraceThatItsEndCompletes() {
    work = work(1);
    FlowKey key = tcp(API, 40000, FAR);
    hear(Seen.tcp(key, 77, 10).intervalAt(API_POD), Seen.tcp(key, 77, 10).intervalAt(ETH1));
    hear(Seen.tcp(key, 77, 25).intervalAt(API_POD), Seen.tcp(key, 77, 25).intervalAt(ETH1));
    hear(Seen.tcp(key, 77, 30).at(API_POD), Seen.tcp(key, 77, 30).at(ETH1));

    PairTotals pair = metrics.pairs().totals().getFirst();
    assertThat(pair.connections()).isEqualTo(1);
    assertThat(pair.requestPackets()).isEqualTo(30);
    assertThat(shipped).hasSize(3);
    List<Span> intervals =
        shipped.subList(0, 2).stream()
            .map(request -> request.getResourceSpans(0).getScopeSpans(0).getSpans(0))
            .toList();
    assertThat(intervals).extracting(Span::getName).containsOnly("interval");
    assertThat(intervals).extracting(Span::getSpanId).doesNotHaveDuplicates();
    assertThat(intervals.get(1).getAttributesList())
        .contains(OtlpAttributes.of(Schema.REQUEST_PACKETS, 15L));
    assertThat(OtlpAttributes.find(intervals.getFirst().getAttributesList(), Schema.SEGMENT))
        .isEmpty();
    assertThat(intervals.getFirst().getTraceId())
        .isEqualTo(shipped.getLast().getResourceSpans(0).getScopeSpans(0).getSpans(0).getTraceId());
  }

  @Test
  void finish_healthyConnections_areSampledAlikeByBothNodes() throws Exception {
    Set<String> here = sampled(API_POD, ETH1);
    view = farNode();
    Set<String> there =
        sampled(
            new ObservationPoint("node-b", Role.POD_ETH0, 9, 0, "eth0", "shop/db-0"),
            new ObservationPoint("node-b", Role.ENI, 1, 2, "eth0", ""));
    assertThat(here).hasSizeBetween(20, 80).isEqualTo(there);
  }

  private Set<String> sampled(ObservationPoint pod, ObservationPoint eni) throws Exception {
    work = work(0.5);
    shipped.clear();
    for (int isn = 0; isn < 100; isn++) {
      FlowKey key = tcp(API, 40000 + isn, FAR);
      hear(Seen.tcp(key, isn, 2).at(pod), Seen.tcp(key, isn, 2).at(eni));
    }
    Set<String> traces = new HashSet<>();
    for (ExportTraceServiceRequest request : shipped) {
      traces.add(segment(request).traceId());
    }
    return traces;
  }

  /** The node of the other end: same rules, another pod. */
  private static NodeView farNode() {
    NodeView near = NodeFixture.view(true);
    NodeInventory known = near.inventory();
    PodInfo db =
        new PodInfo(
            new PodRef("shop", "db-0"), "db", "c", List.of(FAR), 9, 42, "enidb", 4, "eth0", 254);
    return new NodeView(
        new NodeInventory(
            "node-b",
            known.primaryAddress(),
            known.vpcCidrs(),
            known.enis(),
            List.of(db),
            List.of(),
            List.of()),
        near.ipam(),
        near.routes(),
        near.nat());
  }

  @Test
  void joiner_floodWithOneSequenceNumber_keepsConnectionsApartAndBounded() {
    FlowJoiner joiner = new FlowJoiner(100);
    for (int port = 1; port <= 1000; port++) {
      joiner.add(Seen.unansweredTcp(tcp(API, port, FAR), 0).at(API_POD), 0);
    }
    List<FlowJoiner.Group> early = joiner.due(0);
    assertThat(early).hasSize(900).allMatch(group -> group.members().size() == 1);
    assertThat(joiner.early()).isEqualTo(900);
    assertThat(joiner.held()).isEqualTo(100);
    assertThat(joiner.due(FlowJoiner.HOLD_NS)).hasSize(100);
    assertThat(joiner.held()).isZero();
  }
}
