package io.podhop.bench;

import io.podhop.agent.correlate.Inventory;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.ipam.Allocation;
import io.podhop.agent.ipam.AllocationEvidence;
import io.podhop.agent.ipam.IpamCounters;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.Sysctls;
import io.podhop.agent.nat.Backend;
import io.podhop.agent.nat.NatSnapshot;
import io.podhop.agent.nat.RuleSetParser;
import io.podhop.agent.predict.LegPredictor;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.agent.route.RouteText;
import io.podhop.model.Citation;
import io.podhop.model.Direction;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.LegQuery;
import io.podhop.model.PodRef;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Protocol;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What a node of 110 pods and 2,000 rules of kube-proxy makes of a packet to the last of its
 * services. One operation is one question: {@link #predict} with the node's state at hand, {@link
 * #readAndPredict} with the text of its tools to be read first.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PredictBenchmark {
  private static final int PODS = 110;

  /** Each with two endpoints has seven rules. */
  private static final int SERVICES = 286;

  private static final Instant THEN = Instant.parse("2026-03-01T10:00:00Z");

  private final IpamSnapshot ipam = ipam();
  private final String addresses = addresses();
  private final String rules = rules();
  private final String routes = routes();
  private final String iptables = iptables();
  private final String sysctls = sysctls();
  private final NodeView view = read();
  private final LegQuery query =
      new LegQuery(
          Direction.REQUEST,
          new FlowKey(
              Protocol.TCP,
              IpAddress.parse(address(60)),
              40_000,
              IpAddress.parse("172.20." + (SERVICES - 1) / 250 + "." + (SERVICES - 1) % 250),
              80),
          new LegQuery.FromPod(new PodRef("shop", "p60")),
          Optional.empty(),
          0);

  @Benchmark
  public PredictedLeg predict() {
    return LegPredictor.predict(view, query);
  }

  @Benchmark
  public PredictedLeg readAndPredict() {
    return LegPredictor.predict(read(), query);
  }

  private NodeView read() {
    List<Link> links = RouteText.links(addresses).values();
    RouteSnapshot state =
        new RouteSnapshot(
                links,
                RouteText.addresses(addresses).values(),
                RouteText.rules(rules).values(),
                RouteText.routes(routes, 254, IpFamily.IPV4, links).values(),
                List.of(),
                0)
            .with(Sysctls.parse(sysctls));
    NatSnapshot nat = NatSnapshot.of(RuleSetParser.parse(Backend.NFT, iptables));
    return new NodeView(Inventory.joinFromOutside("node-a", ipam, state, nat), ipam, state, nat);
  }

  private static IpamSnapshot ipam() {
    Map<IpAddress, List<Allocation>> held = new HashMap<>();
    for (int pod = 1; pod <= PODS; pod++) {
      IpAddress address = IpAddress.parse(address(pod));
      int device = pod < 55 ? 0 : 1;
      held.put(
          address,
          List.of(
              new Allocation(
                  address,
                  Optional.of(new PodRef("shop", "p" + pod)),
                  "sandbox-" + pod,
                  "eth0",
                  OptionalInt.of(device),
                  OptionalInt.of(device == 0 ? 254 : 2),
                  veth(pod),
                  THEN,
                  Optional.empty(),
                  AllocationEvidence.of(
                      new Citation(Citation.Source.IPAMD, "ipamd.log", 0, "AddNetwork"), THEN))));
    }
    return new IpamSnapshot(
        held, List.of(), List.of(), new IpamCounters(0, 0, 0, 0, 0, 0, 0));
  }

  private static String veth(int pod) {
    return String.format("eni%011x", pod);
  }

  private static String address(int pod) {
    return "10.40." + (pod < 55 ? 1 : 2) + "." + pod;
  }

  private static String addresses() {
    StringBuilder text = new StringBuilder();
    link(text, 2, "ens5").append("    inet 10.40.0.10/20 scope global ens5\n");
    link(text, 3, "ens6").append("    inet 10.40.0.20/20 scope global ens6\n");
    for (int pod = 1; pod <= PODS; pod++) {
      link(text, 10 + pod, veth(pod));
    }
    return text.toString();
  }

  private static StringBuilder link(StringBuilder text, int ifindex, String name) {
    return text.append(ifindex)
        .append(": ")
        .append(name)
        .append(": <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 9001 qdisc mq state UP group default\n")
        .append(String.format("    link/ether 02:00:00:00:00:%02x brd ff:ff:ff:ff:ff:ff%n", ifindex));
  }

  private static String rules() {
    StringBuilder text = new StringBuilder("0:\tfrom all lookup local\n");
    for (int pod = 1; pod <= PODS; pod++) {
      text.append("512:\tfrom all to ").append(address(pod)).append(" lookup main\n");
    }
    text.append("1024:\tfrom all fwmark 0x80/0x80 lookup main\n");
    for (int pod = 55; pod <= PODS; pod++) {
      text.append("1536:\tfrom ").append(address(pod)).append(" lookup 2\n");
    }
    return text.append("32766:\tfrom all lookup main\n").toString();
  }

  private static String routes() {
    StringBuilder text =
        new StringBuilder(
            "default via 10.40.0.1 dev ens5\n"
                + "default via 10.40.0.1 dev ens6 table 2\n"
                + "local 10.40.0.10 dev ens5 table local scope host\n");
    for (int pod = 1; pod <= PODS; pod++) {
      text.append(address(pod)).append(" dev ").append(veth(pod)).append(" scope link\n");
    }
    return text.toString();
  }

  private static String sysctls() {
    StringBuilder text = new StringBuilder("net.ipv4.conf.all.rp_filter = 0\n");
    for (int pod = 1; pod <= PODS; pod++) {
      text.append("net.ipv4.conf.").append(veth(pod)).append(".rp_filter = 2\n");
      text.append("net.ipv4.conf.").append(veth(pod)).append(".forwarding = 1\n");
    }
    return text.toString();
  }

  private static String iptables() {
    StringBuilder text =
        new StringBuilder("*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n")
            .append("-A PREROUTING -j KUBE-SERVICES\n-A PREROUTING -i eni+ -j AWS-CONNMARK-CHAIN-0\n")
            .append("-A POSTROUTING -j AWS-SNAT-CHAIN-0\n")
            .append("-A AWS-CONNMARK-CHAIN-0 -d 10.40.0.0/16 -j RETURN\n")
            .append("-A AWS-CONNMARK-CHAIN-0 -j CONNMARK --set-xmark 0x80/0x80\n")
            .append("-A AWS-SNAT-CHAIN-0 -d 10.40.0.0/16 -j RETURN\n")
            .append("-A AWS-SNAT-CHAIN-0 ! -o vlan+ -j SNAT --to-source 10.40.0.10\n");
    for (int i = 0; i < SERVICES; i++) {
      text.append(
          """
          -A KUBE-SERVICES -d 172.20.%d.%d/32 -p tcp -m comment --comment "shop/s%d:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-%d
          -A KUBE-SVC-%d -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-A%d
          -A KUBE-SVC-%d -j KUBE-SEP-B%d
          -A KUBE-SEP-A%d -s 10.40.77.%d/32 -j KUBE-MARK-MASQ
          -A KUBE-SEP-A%d -p tcp -m tcp -j DNAT --to-destination 10.40.77.%d:8080
          -A KUBE-SEP-B%d -s 10.40.78.%d/32 -j KUBE-MARK-MASQ
          -A KUBE-SEP-B%d -p tcp -m tcp -j DNAT --to-destination 10.40.78.%d:8080
          """
              .formatted(
                  i / 250, i % 250, i, i, i, i, i, i, i, i % 250, i, i % 250, i, i % 250, i,
                  i % 250));
    }
    return text.append("-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\nCOMMIT\n").toString();
  }
}
