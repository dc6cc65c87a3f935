package io.podhop.cli.render;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.cli.Golden;
import io.podhop.cli.Scenes;
import io.podhop.model.ClockOffset;
import io.podhop.model.Direction;
import io.podhop.model.Endpoint;
import io.podhop.model.Hop;
import io.podhop.model.Identity;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Owner;
import io.podhop.model.PacketKind;
import io.podhop.model.Protocol;
import io.podhop.model.Role;
import io.podhop.model.Trace;
import io.podhop.model.Translation;
import io.podhop.model.Verdict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TraceTextTest {
  private static final Style TABLE = new Style(true, false, false);
  private static final Style WIDE = new Style(true, false, true);
  private static final Style ASCII = new Style(false, false, false);
  private static final Style COLOUR = new Style(true, true, false);

  private static final Endpoint SERVICE =
      new Endpoint(IpAddress.parse("10.100.7.7"), 80, new Owner.Service("shop", "db", "pg"));

  @Test
  void table_delivered_isAsRecorded() throws IOException {
    Golden.assertSame("trace-delivered.txt", table(healthy()));
  }

  @Test
  void table_lostInVpc_isAsRecorded() throws IOException {
    Golden.assertSame("trace-lost-in-vpc.txt", table(Scenes.lost()));
  }

  @Test
  void wide_delivered_isAsRecorded() throws IOException {
    String text = TraceText.of(report(Scenes.WEB, Scenes.DB, healthy()), WIDE);

    Golden.assertSame("trace-delivered-wide.txt", text);
  }

  @Test
  void table_service_namesServiceAndChosenEndpoint() throws IOException {
    Trace trace = Scenes.trace(Scenes.handshake(), Scenes.delivered(), Scenes.dnat());

    String text = TraceText.of(report(Scenes.WEB, SERVICE, trace), TABLE);

    assertThat(text)
        .contains("svc shop/db (10.100.7.7)   tcp/80")
        .contains("endpoint shop/db-0 (192.168.33.7, node-b, eni eth1)   tcp/5432")
        .contains("DNAT  10.100.7.7:80 (svc shop/db) → 192.168.33.7:5432 (shop/db-0)");
    Golden.assertSame("trace-service.txt", text);
  }

  @Test
  void table_snat_showsRuleAndConntrack() throws IOException {
    List<Hop> left = Scenes.handshake().subList(0, 3);
    Trace trace = Scenes.trace(left, Scenes.delivered(), Scenes.snat());
    Endpoint internet =
        new Endpoint(IpAddress.parse("203.0.113.10"), 443, new Owner.External("example.com"));

    String text = TraceText.of(report(Scenes.WEB, internet, trace), TABLE);

    assertThat(text.replaceAll("\\s+", " "))
        .contains("SNAT 192.168.1.21:40112 → 192.168.0.10:51040")
        .contains("by nat/AWS-SNAT-CHAIN-0 #2")
        .contains("proven by conntrack tcp 192.168.1.21:40112");
    Golden.assertSame("trace-snat.txt", text);
  }

  @ParameterizedTest
  @EnumSource(Verdict.Id.class)
  void table_everyVerdict_namesIdAndFits(Verdict.Id id) {
    for (Verdict.Grade grade : Verdict.Grade.values()) {
      Verdict verdict =
          id == Verdict.Id.DELIVERED
              ? Scenes.delivered("2 SYNs were lost on the way and sent again after a second, twice")
              : Scenes.failed(id, Direction.REPLY, grade);

      String text = table(Scenes.trace(Scenes.lostInVpc(false), verdict));

      assertThat(text).contains("\n" + id + "  ").contains(verdict.grade().toString());
    }
  }

  @Test
  void table_replyFails_showsEveryReplyHop() {
    Verdict verdict = Scenes.failed(Verdict.Id.REFUSED, Direction.REPLY, Verdict.Grade.PROVEN);

    assertThat(table(Scenes.trace(Scenes.handshake(), verdict)))
        .contains("12  web-7c9 eth0")
        .contains("reply last seen at node-a eth1")
        .doesNotContain("on the way back");
  }

  @Test
  void table_silentAndInferredPoints_sayWhatSilenceProves() {
    List<Hop> hops = new ArrayList<>(Scenes.lostInVpc(false));
    hops.set(3, new Hop.Inferred(Scenes.B_ETH1, Direction.REQUEST, PacketKind.SYN, List.of()));
    Verdict verdict =
        Scenes.failed(Verdict.Id.LOST_ON_NODE, Direction.REQUEST, Verdict.Grade.UNPROVEN);

    String text = table(Scenes.trace(hops, verdict));

    assertThat(text).contains("(inferred)", "SYN ×2", "not seen");
    assertThat(text.replaceAll("\\s+", " ")).contains("captured 3.0 s, lost 12 packets");
  }

  @Test
  void table_clocksNotCompared_showsNoTimeAcrossNodes() {
    String text = table(Scenes.trace(Scenes.handshake(), ClockOffset.UNKNOWN, Scenes.delivered()));

    assertThat(text).contains("  ?  ").contains("clocks could").doesNotContain("+118 µs");
  }

  @Test
  void table_crossingNegativeWithinError_isAboutZero() {
    List<Hop> hops = new ArrayList<>(Scenes.handshake());
    hops.set(3, Scenes.seen(Scenes.B_ETH1, PacketKind.SYN, 15));

    assertThat(table(Scenes.trace(hops, Scenes.delivered()))).contains("≈0");
  }

  @Test
  void table_ipv6AndLongNames_fits() {
    String pod = "payments/" + "checkout-service-with-a-long-name-".repeat(5) + "6c8f9d7b5-x2x4z";
    String node = "ip-192-168-0-10.eu-central-1.compute.internal";
    Endpoint source =
        Scenes.pod(pod, "2001:db8:1234:5678:9abc:def0:1234:5678", 65535, node, "eth11");
    List<Hop> hops =
        List.of(
            Scenes.seen(Scenes.podPoint(node, pod), PacketKind.SYN, 0),
            Scenes.seen(
                Scenes.hostPoint(node, Role.HOST_VETH, "eni0123456789ab"),
                PacketKind.SYN,
                99_000_000),
            Scenes.notSeen(Scenes.hostPoint(node, Role.ENI, "eth11"), true));
    Verdict verdict =
        Scenes.failed(Verdict.Id.LOST_ON_NODE, Direction.REQUEST, Verdict.Grade.PROVEN);

    String text = TraceText.of(report(source, source, Scenes.trace(hops, verdict)), TABLE);

    assertFits(text);
    assertThat(text).contains("x2x4z eth0").contains("ip-192-168-0-10 eni0123456789ab");
  }

  @Test
  void table_hostileNames_printNoControlCharacter() {
    String hostile = "evil\u001b[2J\u0007\r\n\u202e\u009b31m\u0000漢字é";
    Endpoint source = Scenes.pod("ns/" + hostile, "192.168.1.21", 1, hostile, hostile);
    Verdict verdict =
        new Verdict(
            Verdict.Id.NOT_OBSERVED,
            List.of(hostile),
            new Verdict.Place(hostile, hostile),
            Direction.REQUEST,
            hostile,
            List.of(hostile),
            Verdict.Grade.UNPROVEN,
            hostile,
            "");
    Hop hop = Scenes.seen(Scenes.podPoint(hostile, "ns/" + hostile), PacketKind.SYN, 0);
    Trace trace = Scenes.trace(List.of(hop), verdict);

    for (Style style : List.of(TABLE, WIDE, ASCII)) {
      String text = TraceText.of(report(source, source, trace), style);

      assertThat(text.replace("\n", "").chars())
          .allMatch(c -> c >= ' ' && c < 0x7f || c > 0xa0 && c < 0x2300)
          .doesNotContain(0x202e);
      assertThat(text).contains("\\x1b[2J");
    }
  }

  @Test
  void table_asciiCharset_isAllAscii() {
    Trace trace = Scenes.trace(Scenes.lostInVpc(true), Scenes.lost().verdict(), Scenes.snat());

    String text = TraceText.of(report(Scenes.WEB, Scenes.DB, trace), ASCII);

    assertThat(text).isASCII().contains("->", "+6 us", "SYN x2");
    assertFits(text);
  }

  @Test
  void table_colour_onlyAddsEscapes() {
    String coloured = TraceText.of(report(Scenes.WEB, Scenes.DB, Scenes.lost()), COLOUR);

    assertThat(coloured).contains("\u001b[31mlost-in-vpc\u001b[0m");
    assertThat(coloured.replaceAll("\u001b\\[[0-9]*m", "")).isEqualTo(table(Scenes.lost()));
  }

  @Test
  void table_severalConnections_showsWorstThenSummary() throws IOException {
    TraceReport report = report(Scenes.WEB, Scenes.DB, healthy(), Scenes.lost(), healthy());

    String text = TraceText.of(report, TABLE);

    assertThat(text).contains("\nlost-in-vpc  request last seen at node-a eth1");
    assertFits(text);
    Golden.assertSame("trace-count.txt", text);
  }

  @Test
  void table_thousandConnections_listsABoundedNumber() {
    Trace[] traces = Collections.nCopies(1000, healthy()).toArray(Trace[]::new);

    String text = TraceText.of(report(Scenes.WEB, Scenes.DB, traces), TABLE);

    assertThat(text.lines().count()).isLessThan(80);
    assertThat(text).contains("1000 of 1000 connections delivered; the rest is in");
  }

  @Test
  void table_nothingSeen_saysVerdictWithoutTrace() {
    Verdict verdict =
        new Verdict(
            Verdict.Id.NOT_OBSERVED,
            List.of(),
            Verdict.Place.NONE,
            Direction.REQUEST,
            "no packet between the two within 60 s",
            List.of(),
            Verdict.Grade.UNPROVEN,
            "nobody may have talked",
            "");
    TraceReport report =
        new TraceReport(
            Scenes.WEB,
            Scenes.DB,
            Protocol.TCP,
            List.of("node-a"),
            List.of("no agent on node-b"),
            List.of(),
            new TraceReport.Outcome(0, 0, verdict, ""));

    assertThat(TraceText.of(report, TABLE))
        .contains("not-observed\n", "note  no agent on node-b", "cause     no packet");
  }

  @Test
  void table_natUnknown_saysWhy() {
    Translation unknown = new Translation.Unknown("conntrack has no entry", List.of());

    assertThat(table(Scenes.trace(Scenes.handshake(), Scenes.delivered(), unknown)))
        .contains("NAT   unknown: conntrack has no entry")
        .contains("NAT unknown, no retransmit");
  }

  @Test
  void table_bothEndsRewritten_showsBothLines() {
    Translation both =
        Translation.between(
            Scenes.tcp("192.168.1.21", 40112, "10.100.7.7", 80),
            Scenes.tcp("192.168.0.10", 51040, "192.168.33.7", 5432),
            Scenes.dnatEvidence());

    assertThat(table(Scenes.trace(Scenes.handshake(), Scenes.delivered(), both)))
        .contains("DNAT  10.100.7.7:80")
        .contains("SNAT  192.168.1.21:40112 → 192.168.0.10:51040");
  }

  @Test
  void table_joinedLateAndOneNodeSilent_saysBoth() {
    Trace late = healthy();
    Trace tuple =
        new Trace(
            late.traceId(),
            Identity.TUPLE,
            late.startNs(),
            late.source(),
            late.destination(),
            late.client(),
            late.wire(),
            late.hops(),
            List.of(),
            0,
            3,
            late.offset(),
            List.of("node-b"),
            late.verdict(),
            List.of());

    assertThat(table(tuple))
        .contains("ambiguous", "nothing came from node node-b")
        .contains("answered, no NAT, 3 retransmits");
  }

  @Test
  void live_anyHop_isOneShortLine() {
    ObservationPoint point =
        Scenes.hostPoint("n".repeat(200), Role.HOST_VETH, "eni\u001b[0123456789abcdef");

    for (Style style : List.of(TABLE, WIDE)) {
      String line = LiveText.of(Scenes.seen(point, PacketKind.SYN, 0), style);

      assertThat(line).hasSizeLessThan(80).doesNotContain("\n", "\u001b");
    }
  }

  private static Trace healthy() {
    return Scenes.trace(Scenes.handshake(), Scenes.delivered());
  }

  private static String table(Trace trace) {
    String text = TraceText.of(report(Scenes.WEB, Scenes.DB, trace), TABLE);
    assertFits(text);
    return text;
  }

  static TraceReport report(Endpoint source, Endpoint destination, Trace... traces) {
    long delivered =
        List.of(traces).stream()
            .filter(trace -> trace.verdict().id() == Verdict.Id.DELIVERED)
            .count();
    return new TraceReport(
        source,
        destination,
        Protocol.TCP,
        List.of("node-a", "node-b"),
        List.of(),
        List.of(traces),
        new TraceReport.Outcome(traces.length, (int) delivered, traces[0].verdict(), Scenes.LINK));
  }

  private static void assertFits(String text) {
    assertThat(text.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
  }
}
