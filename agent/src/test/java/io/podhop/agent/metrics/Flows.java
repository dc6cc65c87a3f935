package io.podhop.agent.metrics;

import io.podhop.model.DnsExchange;
import io.podhop.model.Endpoint;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Owner;
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

/** Flows of pod shop/web-0 as values. */
public final class Flows {
  public static final ObservationPoint WEB =
      new ObservationPoint("node-a", Role.POD_ETH0, 7, 2, "eth0", "shop/web-0");
  private static final IpAddress WEB_ADDRESS = IpAddress.parse("192.168.1.21");
  private static final IpAddress FAR = IpAddress.parse("192.168.33.7");

  private Flows() {}

  public static Owner pod(String name) {
    return new Owner.Pod(new PodRef("shop", name + "-0"), name, "node-a", "eth0", Optional.empty());
  }

  /** One TCP flow from web to somebody; {@code packets} each way, 100 bytes each. */
  public static Flow tcp(Owner to, int port, Flow.End end, long packets, long retransmits) {
    return tcp(pod("web"), to, port, end, packets, retransmits);
  }

  static Flow tcp(Owner from, Owner to, int port, Flow.End end, long packets, long retransmits) {
    TcpHalf client = new TcpHalf(1460, 7, 65535, retransmits, 0, 0, 0, 0, 0, Rtt.NONE);
    TcpQuality quality =
        new TcpQuality(
            77,
            true,
            2_000_000,
            -1,
            -1,
            client,
            TcpHalf.UNKNOWN,
            Optional.empty(),
            Optional.empty());
    FlowKey key = new FlowKey(Protocol.TCP, WEB_ADDRESS, 40000, FAR, port);
    Traffic each = new Traffic(packets, packets * 100, 0);
    return new Flow(
        "",
        WEB,
        key,
        new Endpoint(key.source(), key.sourcePort(), from),
        new Endpoint(key.destination(), key.destinationPort(), to),
        end,
        1_000,
        2_000,
        each,
        each,
        Optional.of(quality),
        Optional.empty(),
        "",
        new Flow.Outcome(Verdict.Id.DELIVERED, List.of(), ""),
        new Flow.Sight("headers", 0));
  }

  public static Flow dns(int rcode) {
    Flow like = tcp(new Owner.Service("kube-system", "kube-dns", "dns"), 53, Flow.End.CLOSED, 1, 0);
    Verdict.Id verdict = rcode == 0 ? Verdict.Id.DELIVERED : Verdict.Id.DNS_FAILED;
    return new Flow(
        "",
        WEB,
        new FlowKey(Protocol.UDP, WEB_ADDRESS, 40000, FAR, 53),
        like.source(),
        like.destination(),
        like.end(),
        like.startNs(),
        like.endNs(),
        like.request(),
        like.reply(),
        Optional.empty(),
        Optional.of(new DnsExchange(7, "example.com", 1, 9, rcode, 700_000, 1)),
        "",
        new Flow.Outcome(verdict, List.of(), rcode == 0 ? "" : "NXDOMAIN for example.com"),
        like.sight());
  }
}
