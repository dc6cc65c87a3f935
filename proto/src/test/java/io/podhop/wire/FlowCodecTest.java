package io.podhop.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.model.Cidr;
import io.podhop.model.Direction;
import io.podhop.model.DnsExchange;
import io.podhop.model.Endpoint;
import io.podhop.model.Flow;
import io.podhop.model.FlowFilter;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Owner;
import io.podhop.model.PairTotals;
import io.podhop.model.PodRef;
import io.podhop.model.Protocol;
import io.podhop.model.Role;
import io.podhop.model.Rtt;
import io.podhop.model.TcpHalf;
import io.podhop.model.TcpQuality;
import io.podhop.model.Traffic;
import io.podhop.model.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlowCodecTest {
  private static final IpAddress WEB = IpAddress.parse("192.168.1.21");
  private static final IpAddress DB = IpAddress.parse("192.168.33.7");
  private static final TcpHalf HALF =
      new TcpHalf(1460, 7, 1 << 20, 1, 2, 3, 4, 5, 6, new Rtt(3, 10, 20, 30));

  private static final Flow TCP =
      new Flow(
          "00112233445566778899aabbccddeeff",
          new ObservationPoint("node-a", Role.POD_ETH0, 42, 3, "eth0", "shop/web-0"),
          new FlowKey(Protocol.TCP, WEB, 40_112, DB, 5432),
          new Endpoint(
              WEB,
              40_112,
              new Owner.Pod(
                  new PodRef("shop", "web-0"), "web", "node-a", "eth1", Optional.empty())),
          new Endpoint(DB, 5432, new Owner.External("db.example.com")),
          Flow.End.RESET,
          1_000,
          9_000,
          new Traffic(10, 1_000, 400),
          new Traffic(9, 9_000, 8_000),
          Optional.of(
              new TcpQuality(
                  4_000_000_000L,
                  true,
                  150,
                  90,
                  -1,
                  HALF,
                  TcpHalf.UNKNOWN,
                  Optional.empty(),
                  Optional.of(Direction.REPLY))),
          Optional.empty(),
          "vxlan",
          new Flow.Outcome(Verdict.Id.DELIVERED, List.of("3 retransmits"), ""),
          new Flow.Sight("headers", 7));

  @Test
  void flow_thereAndBack_isEqual() {
    assertThat(FlowCodec.decode(FlowCodec.encode(TCP))).isEqualTo(TCP);
  }

  @Test
  void dnsFlow_thereAndBack_isEqual() {
    Flow dns =
        new Flow(
            "",
            TCP.point(),
            new FlowKey(Protocol.UDP, WEB, 40_112, DB, 53),
            TCP.source(),
            TCP.destination(),
            Flow.End.CLOSED,
            1,
            2,
            Traffic.NONE,
            Traffic.NONE,
            Optional.empty(),
            Optional.of(new DnsExchange(7, "nx.example.com", 28, -5, 3, 900, 2)),
            "",
            new Flow.Outcome(Verdict.Id.DNS_FAILED, List.of(), "NXDOMAIN"),
            new Flow.Sight("edges", 0));

    assertThat(FlowCodec.decode(FlowCodec.encode(dns))).isEqualTo(dns);
  }

  @Test
  void decode_unknownVerdict_isRefused() {
    io.podhop.v1.Flow message = FlowCodec.encode(TCP).toBuilder().setVerdict("maybe").build();

    assertThatThrownBy(() -> FlowCodec.decode(message))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("maybe");
  }

  @Test
  void filter_thereAndBack_isEqual() {
    FlowFilter filter =
        new FlowFilter(
            "shop/web",
            "api.example.com",
            443,
            Optional.of(Protocol.TCP),
            Set.of(Verdict.Id.REFUSED, Verdict.Id.NO_ANSWER),
            Optional.of(Cidr.parse("10.0.0.0/8")),
            5_000_000,
            3);

    assertThat(FlowCodec.decode(FlowCodec.encode(filter))).isEqualTo(filter);
    assertThat(FlowCodec.decode(FlowCodec.encode(FlowFilter.ANY))).isEqualTo(FlowFilter.ANY);
  }

  @Test
  void pair_thereAndBack_isEqual() {
    PairTotals pair =
        new PairTotals("shop/web", "shop/db", 5432, Protocol.TCP, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);

    assertThat(FlowCodec.decode(FlowCodec.encode(pair))).isEqualTo(pair);
  }

  @ParameterizedTest
  @CsvSource({
    "shop/web-0,,true",
    "shop/web,,true",
    "web-0,,true",
    "shop/,,true",
    "infra/,,false",
    "infra/web-0,,false",
    "api,,false",
    ",db.example.com,true",
    ",192.168.33.7,true",
    ",192.168.33.8,false"
  })
  void filter_byName_matchesPodWorkloadNamespaceAndHost(String from, String to, boolean matches) {
    FlowFilter filter =
        new FlowFilter(
            from == null ? "" : from,
            to == null ? "" : to,
            0,
            Optional.empty(),
            Set.of(),
            Optional.empty(),
            0,
            0);

    assertThat(filter.matches(TCP)).isEqualTo(matches);
  }

  @ParameterizedTest
  @CsvSource({
    "5432,6,192.168.33.0/24,150,3,true",
    "80,6,,0,0,false",
    "0,17,,0,0,false",
    "0,0,10.0.0.0/8,0,0,false",
    "0,0,,151,0,false",
    "0,0,,0,4,false"
  })
  void filter_byNumbers_everyPartMustHold(
      int port, int protocol, String ip, long rtt, long retransmits, boolean matches) {
    FlowFilter filter =
        new FlowFilter(
            "",
            "",
            port,
            Protocol.ofNumber(protocol),
            Set.of(),
            Optional.ofNullable(ip).map(Cidr::parse),
            rtt,
            retransmits);

    assertThat(filter.matches(TCP)).isEqualTo(matches);
  }
}
