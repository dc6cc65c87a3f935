package io.podhop.agent;

import static io.podhop.agent.UdpEntries.entry;
import static io.podhop.agent.UdpEntries.refusal;
import static io.podhop.agent.UdpEntries.udp;
import static io.podhop.agent.correlate.NodeFixture.API;
import static io.podhop.agent.correlate.NodeFixture.API_POD;
import static io.podhop.agent.correlate.NodeFixture.CART;
import static io.podhop.agent.correlate.NodeFixture.CART_POD;
import static io.podhop.agent.correlate.NodeFixture.FAR;
import static io.podhop.agent.correlate.NodeFixture.INTERNET;
import static io.podhop.agent.correlate.NodeFixture.PRIMARY;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.flow.FlowTimeouts;
import io.podhop.agent.flow.IcmpErrorSeen;
import io.podhop.agent.judge.FlowJudge;
import io.podhop.agent.judge.Thresholds;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.agent.nat.ConntrackEntry.Accounting;
import io.podhop.model.Direction;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PacketKind;
import io.podhop.model.Traffic;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** From what looks at conntrack see to records: who is told of, when, and how much of it. */
class UdpConnectionsTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long START = 1_700_000_000L * SECOND;
  private static final FlowKey OUT = udp(API, 40_000, FAR, 443);

  private final Map<UdpCounter, Integer> counted = new EnumMap<>(UdpCounter.class);
  private final Map<IpAddress, EdgePoint> points = new HashMap<>();
  private final Set<IpAddress> pods = Set.of(API, CART);
  private UdpConnections connections = connections(100);
  private long nowNs = START;

  private UdpConnections connections(int most) {
    return new UdpConnections(
        most, FlowTimeouts.DEFAULT, counter -> counted.merge(counter, 1, Integer::sum));
  }

  @BeforeEach
  void begin() {
    points.put(API, new EdgePoint(API_POD, START - 1, false));
    points.put(CART, new EdgePoint(CART_POD, START - 1, false));
    look(0);
  }

  /** A look after so many seconds, and the records that are due then. */
  private List<FlowEvent.Ended> look(int seconds, ConntrackEntry... entries) {
    return look(seconds, 0, true, entries);
  }

  private List<FlowEvent.Ended> look(
      int seconds, long startNs, boolean whole, ConntrackEntry... entries) {
    nowNs += seconds * SECOND;
    connections.begin(new UdpConnections.Look(nowNs, Map.copyOf(points), pods));
    for (ConntrackEntry entry : entries) {
      connections.see(entry, startNs);
    }
    connections.end(whole);
    return due();
  }

  private List<FlowEvent.Ended> due() {
    List<FlowEvent.Ended> due = new ArrayList<>();
    Optional<FlowEvent.Ended> next = connections.next(nowNs);
    while (next.isPresent()) {
      due.add(next.get());
      next = connections.next(nowNs);
    }
    return due;
  }

  private static Verdict.Id verdict(FlowEvent.Ended ended) {
    return new FlowJudge(ended.record(), 0, Thresholds.DEFAULT).outcome().verdict();
  }

  @Test
  void end_answeredAndForgottenByConntrack_isToldOnceWithItsLastCount() {
    assertThat(look(10, entry(OUT, 1, 1))).isEmpty();
    assertThat(look(10, entry(OUT, 3, 2))).isEmpty();
    assertThat(look(10, entry(OUT, 3, 2))).isEmpty();

    List<FlowEvent.Ended> told = look(10);

    assertThat(told).hasSize(1);
    FlowEvent.Ended ended = told.getFirst();
    assertThat(ended.point()).isEqualTo(API_POD);
    assertThat(ended.mode()).isEqualTo("edges");
    assertThat(ended.interval()).isFalse();
    FlowRecord record = ended.record();
    assertThat(record.key()).isEqualTo(OUT);
    assertThat(record.end()).isEqualTo(Flow.End.IDLE);
    assertThat(record.request()).isEqualTo(new Traffic(3, 300, 0));
    assertThat(record.reply()).isEqualTo(new Traffic(2, 0, 0));
    assertThat(record.firstNs()).isEqualTo(START + 10 * SECOND);
    assertThat(record.lastNs()).isEqualTo(START + 20 * SECOND);
    assertThat(record.isTracked()).isTrue();
    assertThat(verdict(ended)).isEqualTo(Verdict.Id.DELIVERED);
    assertThat(connections.find(OUT)).isPresent();
    assertThat(look(10)).isEmpty();
    assertThat(connections.size()).isZero();
  }

  @Test
  void end_unanswered_isNoAnswerAfterTheSilenceOfACapturedOne() {
    assertThat(look(10, START + 7 * SECOND, true, entry(OUT, 1, 0))).isEmpty();
    for (int i = 0; i < 3; i++) {
      assertThat(look(10)).isEmpty();
    }

    FlowEvent.Ended ended = look(10).getFirst();

    assertThat(ended.record().firstNs()).isEqualTo(START + 7 * SECOND);
    assertThat(ended.record().lastNs()).isEqualTo(START + 7 * SECOND);
    assertThat(verdict(ended)).isEqualTo(Verdict.Id.NO_ANSWER);
  }

  @Test
  void end_silentForAMinute_isOverAndWhatComesLaterIsAnother() {
    look(10, entry(OUT, 5, 5));
    for (int i = 0; i < 5; i++) {
      assertThat(look(10, entry(OUT, 5, 5))).isEmpty();
    }
    assertThat(look(10, entry(OUT, 5, 5))).extracting(e -> e.record().packets()).contains(10L);
    assertThat(look(10, entry(OUT, 5, 5))).isEmpty();
    assertThat(look(10, entry(OUT, 7, 6))).isEmpty();

    FlowRecord later = look(10).getFirst().record();

    assertThat(later.packets()).isEqualTo(3);
    assertThat(later.firstNs()).isEqualTo(START + 90 * SECOND);
  }

  @Test
  void end_goesOn_isToldEveryMinuteWithItsTotalsSinceTheFirstPacket() {
    List<FlowEvent.Ended> told = new ArrayList<>();
    for (int i = 1; i <= 14; i++) {
      told.addAll(look(10, entry(OUT, 10L * i, 1)));
    }
    assertThat(told).allMatch(FlowEvent.Ended::interval);
    assertThat(told).extracting(e -> e.record().end()).containsOnly(Flow.End.OPEN);
    assertThat(told).extracting(e -> e.record().request().packets()).containsExactly(70L, 130L);
    assertThat(told).extracting(e -> e.record().firstNs()).containsOnly(START + 10 * SECOND);
    assertThat(look(10)).extracting(FlowEvent.Ended::interval).containsExactly(false);
  }

  @Test
  void see_service_isTheSourcesTupleBeforeDnatAndToldAtTheSourceAlone() {
    IpAddress virtual = IpAddress.parse("10.100.0.54");
    FlowKey asked = udp(API, 40_000, virtual, 5353);
    FlowKey answer = udp(CART, 53, API, 40_000);
    look(10, entry(asked, answer, new Accounting(1, 60, 1, 60)));
    assertThat(look(10))
        .singleElement()
        .satisfies(
            ended -> {
              assertThat(ended.point()).isEqualTo(API_POD);
              assertThat(ended.record().key()).isEqualTo(asked);
            });
    assertThat(connections.find(asked).orElseThrow().replyTuple()).isEqualTo(answer);
  }

  @Test
  void see_fromElsewhere_isTheDestinationPodsTupleAfterDnat() {
    FlowKey asked = udp(INTERNET, 40_000, PRIMARY, 30_000);
    FlowKey answer = udp(CART, 8080, INTERNET, 40_000);
    look(10, entry(asked, answer, new Accounting(1, 60, 1, 60)));
    assertThat(look(10))
        .singleElement()
        .satisfies(
            ended -> {
              assertThat(ended.point()).isEqualTo(CART_POD);
              assertThat(ended.record().key()).isEqualTo(answer.reversed());
            });
  }

  @Test
  void see_whatTheFilterPassesOrNoPodHasOrHeadersShow_isLeftOut() {
    FlowKey dnsInThePod = udp(INTERNET, 40_000, PRIMARY, 30_053);
    points.remove(CART);
    look(
        10,
        entry(udp(API, 40_000, FAR, 53), 1, 1),
        entry(udp(API, 53, FAR, 40_000), 1, 1),
        entry(udp(API, 40_000, FAR, 4789), 1, 1),
        entry(dnsInThePod, udp(API, 53, INTERNET, 40_000), new Accounting(1, 1, 1, 1)),
        entry(udp(PRIMARY, 123, FAR, 123), 1, 1),
        entry(udp(CART, 40_000, FAR, 443), 1, 1),
        entry(udp(CART, 40_000, API, 443), 1, 1));
    assertThat(connections.size()).isZero();
  }

  @Test
  void begin_pointGoesOverToItsEdges_whatItsHeadersShowedIsNotToldAgain() {
    points.remove(API);
    look(10);
    points.put(API, new EdgePoint(API_POD, nowNs + 9 * SECOND, true));
    FlowKey quiet = udp(API, 40_001, FAR, 443);
    look(10, entry(OUT, 500, 400), entry(quiet, 9, 9));
    look(10, entry(OUT, 520, 410), entry(quiet, 9, 9), entry(udp(API, 7, FAR, 7), 2, 2));

    assertThat(look(10))
        .extracting(e -> e.record().key().sourcePort(), e -> e.record().packets())
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple(40_000, 30L),
            org.assertj.core.groups.Tuple.tuple(7, 4L));
  }

  @Test
  void begin_pointIsReadByItsHeadersAgain_endsWithWhatWasCountedUntilThen() {
    look(10, entry(OUT, 5, 5));
    points.remove(API);
    List<FlowEvent.Ended> told = look(10, entry(OUT, 90, 90));
    assertThat(told).extracting(e -> e.record().packets()).containsExactly(10L);
    assertThat(told).extracting(e -> e.record().end()).containsExactly(Flow.End.OPEN);

    points.put(API, new EdgePoint(API_POD, nowNs + SECOND, true));
    look(10, entry(OUT, 100, 100));
    look(10, entry(OUT, 101, 100));
    assertThat(look(10)).extracting(e -> e.record().packets()).containsExactly(1L);
  }

  @Test
  void begin_addressIsAnotherPods_whatIsLeftOfTheFormerIsNotTheLatters() {
    look(10, entry(OUT, 5, 5));
    ObservationPoint heir =
        new ObservationPoint("node-a", API_POD.role(), 999, 0, "eth0", "shop/heir-0");
    points.put(API, new EdgePoint(heir, nowNs + SECOND, false));
    assertThat(look(10, entry(OUT, 5, 5)))
        .extracting(FlowEvent.Ended::point)
        .containsExactly(API_POD);
    for (int i = 0; i < 9; i++) {
      assertThat(look(10, entry(OUT, 5, 5))).isEmpty();
    }
    look(10, entry(OUT, 6, 6));
    assertThat(look(10))
        .extracting(FlowEvent.Ended::point, e -> e.record().packets())
        .containsExactly(org.assertj.core.groups.Tuple.tuple(heir, 2L));
  }

  @Test
  void see_firstLook_isOldUnlessTheKernelDatesItLater() {
    connections = connections(100);
    look(10, 0, true, entry(OUT, 5, 5));
    assertThat(look(10)).isEmpty();
    connections = connections(100);
    look(10, START - SECOND, true, entry(OUT, 5, 5));
    assertThat(look(10)).isEmpty();
    connections = connections(100);
    look(10, START + SECOND, true, entry(OUT, 5, 5));
    assertThat(look(10)).extracting(e -> e.record().packets()).containsExactly(10L);
  }

  @Test
  void see_sameTupleMadeAnew_areTwoConnections() {
    look(10, entry(OUT, 50, 50));
    FlowKey other = udp(CART, 443, API, 40_000);
    assertThat(look(10, entry(OUT, other, new Accounting(60, 600, 60, 600))))
        .extracting(e -> e.record().packets())
        .containsExactly(100L);
    assertThat(look(10, entry(OUT, other, new Accounting(2, 200, 2, 200))))
        .extracting(e -> e.record().packets())
        .containsExactly(120L);
    assertThat(look(10)).extracting(e -> e.record().packets()).containsExactly(4L);
  }

  @Test
  void end_dumpWasNotWhole_forgetsNothing() {
    look(10, entry(OUT, 5, 5));
    assertThat(look(10, 0, false)).isEmpty();
    assertThat(look(10, entry(OUT, 5, 5), entry(OUT, 5, 5))).isEmpty();
    assertThat(look(10)).extracting(e -> e.record().packets()).containsExactly(10L);
    assertThat(look(1, entry(OUT, 5, 5))).isEmpty();
    assertThat(look(10, entry(OUT, 6, 5))).isEmpty();
    assertThat(look(10)).extracting(e -> e.record().packets()).containsExactly(1L);
  }

  @Test
  void see_kernelDoesNotCount_isToldWithWhatIsCertain() {
    ConntrackEntry silent = entry(OUT, OUT.reversed(), false, 29, Optional.empty());
    look(10, silent);
    assertThat(look(10, entry(OUT, OUT.reversed(), true, 19, Optional.empty()))).isEmpty();
    FlowEvent.Ended ended = look(10).getFirst();
    assertThat(ended.record().request()).isEqualTo(new Traffic(1, 0, 0));
    assertThat(ended.record().reply()).isEqualTo(new Traffic(1, 0, 0));
    assertThat(verdict(ended)).isEqualTo(Verdict.Id.DELIVERED);
    assertThat(counted).containsEntry(UdpCounter.UNACCOUNTED, 1);

    look(10, silent);
    List<FlowEvent.Ended> told = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      told.addAll(look(10));
    }
    assertThat(new FlowJudge(told.getFirst().record(), 0, Thresholds.DEFAULT).outcome().cause())
        .startsWith("no answer to datagrams that nobody counted");
  }

  @Test
  void see_moreThanThereIsRoomFor_isCounted() {
    connections = connections(2);
    look(10);
    for (int port = 1; port <= 5; port++) {
      look(1, entry(udp(API, port, FAR, 443), 1, 1), entry(udp(CART, port, FAR, 443), 1, 1));
    }
    assertThat(connections.size()).isEqualTo(2);
    assertThat(counted.get(UdpCounter.UNFOLLOWED)).isPositive();
  }

  @Test
  void takes_icmpErrorAlone_refusesTheConnectionWhicheverWayRoundItWasGuessed() {
    IcmpErrorSeen error = new IcmpErrorSeen(FAR, 3, 3, -1);
    FlowKey port = udp(API, 40_001, FAR, 50_000);
    look(10, entry(OUT, 2, 0), entry(port, 2, 0));
    assertThat(connections.takes(refusal(OUT, Direction.REPLY, error, nowNs))).isTrue();
    assertThat(connections.takes(refusal(port.reversed(), Direction.REQUEST, error, nowNs)))
        .isTrue();
    assertThat(connections.takes(refusal(udp(API, 9, FAR, 9), Direction.REPLY, error, nowNs)))
        .isFalse();
    assertThat(connections.takes(Seen.udp(OUT, Optional.empty()).at(API_POD))).isFalse();

    look(30);
    List<FlowEvent.Ended> told = look(10);

    assertThat(told).hasSize(2).allMatch(e -> verdict(e) == Verdict.Id.REFUSED);
    assertThat(told)
        .allSatisfy(
            ended -> {
              assertThat(ended.record().icmpError()).contains(error);
              assertThat(ended.record().request().packets()).isEqualTo(2);
              assertThat(ended.record().saw(Direction.REPLY, PacketKind.ICMP_ERROR)).isTrue();
              assertThat(ended.record().saw(Direction.REQUEST, PacketKind.ICMP_ERROR)).isFalse();
            });
    assertThat(connections.takes(refusal(OUT, Direction.REPLY, error, nowNs))).isFalse();
  }

  @Test
  void finish_whatGoesOn_isToldAsWhatItIs() {
    look(10, entry(OUT, 5, 5));
    connections.finish();
    connections.finish();
    assertThat(due()).extracting(e -> e.record().end()).containsExactly(Flow.End.OPEN);
    connections.rest();
    assertThat(due()).isEmpty();
  }
}
