package io.podhop.cli;

import io.podhop.model.Direction;
import io.podhop.model.DnsExchange;
import io.podhop.model.Endpoint;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Owner;
import io.podhop.model.Protocol;
import io.podhop.model.Rtt;
import io.podhop.model.TcpHalf;
import io.podhop.model.TcpQuality;
import io.podhop.model.Traffic;
import io.podhop.model.Verdict;
import java.util.List;
import java.util.Optional;

/** Flows as agents would report them. */
public final class FlowScenes {
  private static final long MILLI_NS = 1_000_000;

  public static final Flow DELIVERED =
      flow(
          Scenes.DB,
          new Flow.Outcome(Verdict.Id.DELIVERED, List.of(), ""),
          Flow.End.CLOSED,
          Optional.of(tcp(310_000, 0, Optional.empty())),
          Optional.empty());

  public static final Flow DEGRADED =
      flow(
          end("203.0.113.10", 443, new Owner.External("api.example.com")),
          new Flow.Outcome(Verdict.Id.DELIVERED, List.of("slow: the answer took 1.2 s"), ""),
          Flow.End.RESET,
          Optional.of(tcp(1_200_000_000, 3, Optional.of(Direction.REPLY))),
          Optional.empty());

  public static final Flow NXDOMAIN =
      flow(
          end("10.100.0.10", 53, new Owner.Service("kube-system", "kube-dns", "dns")),
          new Flow.Outcome(Verdict.Id.DNS_FAILED, List.of(), "the server answered NXDOMAIN"),
          Flow.End.CLOSED,
          Optional.empty(),
          Optional.of(new DnsExchange(7, "db.shopp.svc", 1, 99, 3, 1_200_000, 2)));

  public static final Flow HOSTILE =
      flow(
          end("198.51.100.7", 443, new Owner.External("\u001b[31mred\u202e\nnext")),
          new Flow.Outcome(Verdict.Id.NO_ANSWER, List.of(), "nothing came back\u0007"),
          Flow.End.IDLE,
          Optional.empty(),
          Optional.empty());

  public static final Flow IPV6_FILE =
      flow(
          end("2001:db8::17", 8443, new Owner.Unknown()),
          new Flow.Outcome(Verdict.Id.REFUSED, List.of(), "RST from 2001:db8::17"),
          Flow.End.RESET,
          Optional.empty(),
          Optional.empty());

  private FlowScenes() {}

  private static Endpoint end(String address, int port, Owner owner) {
    return new Endpoint(IpAddress.parse(address), port, owner);
  }

  private static TcpQuality tcp(long handshakeNs, long retransmits, Optional<Direction> resetBy) {
    TcpHalf client =
        new TcpHalf(1460, 7, 64_240, retransmits, 0, 0, 0, 0, 0, new Rtt(2, 100, 200, 300));
    return new TcpQuality(
        0x12345678L,
        true,
        handshakeNs,
        20_000,
        MILLI_NS,
        client,
        TcpHalf.UNKNOWN,
        Optional.empty(),
        resetBy);
  }

  private static Flow flow(
      Endpoint destination,
      Flow.Outcome outcome,
      Flow.End end,
      Optional<TcpQuality> tcp,
      Optional<DnsExchange> dns) {
    return new Flow(
        Scenes.TRACE_ID,
        Scenes.podPoint("node-a", "shop/web-7c9"),
        new FlowKey(
            dns.isPresent() ? Protocol.UDP : Protocol.TCP,
            Scenes.WEB.address(),
            40_112,
            destination.address(),
            destination.port()),
        Scenes.WEB,
        destination,
        end,
        Scenes.START_NS,
        Scenes.START_NS + 12_345_678,
        new Traffic(6, 1_100, 800),
        new Traffic(5, 33_400, 33_000),
        tcp,
        dns,
        "",
        outcome,
        new Flow.Sight("headers", 0));
  }
}
