package io.podhop.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TraceIdsTest {
  private static final FlowKey WIRE =
      new FlowKey(
          Protocol.TCP,
          IpAddress.parse("192.168.1.21"),
          40112,
          IpAddress.parse("192.168.33.7"),
          5432);

  @Test
  void ofTcp_sameWireTupleAndIsn_isOneStableId() {
    assertThat(TraceIds.ofTcp(WIRE, 0xdeadbeefL))
        .isEqualTo(TraceIds.ofTcp(WIRE, (int) 0xdeadbeefL))
        .matches("[0-9a-f]{32}");
  }

  @Test
  void ofTcp_portReusedWithAnotherIsn_isAnotherId() {
    assertThat(TraceIds.ofTcp(WIRE, 1)).isNotEqualTo(TraceIds.ofTcp(WIRE, 2));
  }

  @Test
  void ofEcho_withAnotherIdentifier_isAnotherId() {
    assertThat(TraceIds.ofEcho(echo(7), 1))
        .isNotEqualTo(TraceIds.ofEcho(echo(8), 1))
        .isNotEqualTo(TraceIds.ofEcho(echo(7), 2));
  }

  private static FlowKey echo(int identifier) {
    return new FlowKey(Protocol.ICMP, WIRE.source(), identifier, WIRE.destination(), identifier);
  }

  @Test
  void ofTuple_withinTheCoarseTime_isOneId() {
    long start = TraceIds.COARSE_SECONDS * 1_000_000_000L * 7;
    assertThat(TraceIds.ofTuple(WIRE, start + 5)).isEqualTo(TraceIds.ofTuple(WIRE, start + 1_000));
    assertThat(TraceIds.ofTuple(WIRE, start - 1)).isNotEqualTo(TraceIds.ofTuple(WIRE, start));
  }

  @Test
  void spanId_ofDifferentThingsInOneTrace_differs() {
    String trace = TraceIds.ofTcp(WIRE, 1);
    assertThat(TraceIds.spanId(trace, "node-a|ENI|1|eth0", "SYN"))
        .matches("[0-9a-f]{16}")
        .isNotEqualTo(TraceIds.spanId(trace, "node-a|ENI|1|eth1", "SYN"))
        .isNotEqualTo(TraceIds.spanId(trace, "node-a|ENI|1|eth0", "SYN_ACK"))
        .isNotEqualTo(TraceIds.rootSpanId(trace));
  }

  @Test
  void ofExchange_farClockAhead_findsOffsetWithinItsError() {
    long ahead = 1_800_000;
    ClockOffset offset =
        ClockOffset.ofExchange(1_000, 1_000 + 60_000 + ahead, 71_000 + ahead, 131_000);

    assertThat(offset.offsetNs()).isEqualTo(ahead);
    assertThat(offset.errorNs()).isEqualTo(60_000);
  }

  @Test
  void between_rewrittenEnds_namesTheTranslation() {
    FlowKey snat =
        new FlowKey(Protocol.TCP, IpAddress.parse("192.168.0.10"), 51040, WIRE.destination(), 5432);
    FlowKey dnat =
        new FlowKey(Protocol.TCP, WIRE.source(), 40112, IpAddress.parse("10.100.0.1"), 80);

    assertThat(Translation.between(WIRE, snat, java.util.List.of()))
        .isInstanceOf(Translation.Snat.class);
    assertThat(Translation.between(dnat, WIRE, java.util.List.of()))
        .isInstanceOf(Translation.Dnat.class);
    assertThat(Translation.between(dnat, snat, java.util.List.of()))
        .isInstanceOf(Translation.Both.class);
    assertThat(Translation.between(WIRE, WIRE, java.util.List.of()))
        .isInstanceOf(Translation.None.class);
  }
}
