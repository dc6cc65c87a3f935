package io.podhop.agent.correlate;

import static io.podhop.agent.correlate.NodeFixture.API;
import static io.podhop.agent.correlate.NodeFixture.API_POD;
import static io.podhop.agent.correlate.NodeFixture.ETH0;
import static io.podhop.agent.correlate.NodeFixture.FAR;
import static io.podhop.agent.correlate.NodeFixture.INTERNET;
import static io.podhop.agent.correlate.NodeFixture.PRIMARY;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.ipam.Allocation;
import io.podhop.agent.ipam.AllocationEvidence;
import io.podhop.agent.ipam.IpamCounters;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.model.Citation;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.model.Owner;
import io.podhop.model.PeerNode;
import io.podhop.model.PodRef;
import io.podhop.model.Protocol;
import io.podhop.model.ServicePort;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class FlowNamesTest {
  private static final IpAddress CLUSTER_IP = IpAddress.parse("10.100.0.54");
  private static final IpAddress BACKEND = IpAddress.parse("192.168.33.99");
  private static final Instant TEN = Instant.parse("2026-01-01T10:00:00Z");
  private static final long TEN_NS = TEN.getEpochSecond() * 1_000_000_000L;
  private static final long HOUR_NS = 3_600_000_000_000L;

  private final LearntNames<String> learnt = new LearntNames<>();
  private final FlowNames names = new FlowNames(view(), learnt);

  /** The api pod got its address at ten; shop/old-0 had it for an hour before. */
  private static NodeView view() {
    NodeView node = NodeFixture.view(true);
    NodeInventory known = node.inventory();
    ServicePort service =
        new ServicePort(
            "shop",
            "db",
            "sql",
            Protocol.TCP,
            CLUSTER_IP,
            5432,
            0,
            List.of(new ServicePort.Backend(BACKEND, 15432)));
    NodeInventory inventory =
        new NodeInventory(
            known.node(),
            known.primaryAddress(),
            known.vpcCidrs(),
            known.enis(),
            known.pods(),
            List.of(service),
            List.of());
    IpamSnapshot ipam =
        new IpamSnapshot(
            Map.of(
                API,
                List.of(
                    held("old-0", TEN.minusSeconds(3600), Optional.of(TEN)),
                    held("api-0", TEN, Optional.empty()))),
            List.of(),
            List.of(),
            new IpamCounters(0, 0, 0, 0, 0, 0, 0));
    return new NodeView(inventory, ipam, node.routes(), node.nat());
  }

  private static Allocation held(String pod, Instant from, Optional<Instant> until) {
    return new Allocation(
        API,
        Optional.of(new PodRef("shop", pod)),
        "c",
        "eth0",
        OptionalInt.empty(),
        OptionalInt.empty(),
        "eniapi",
        from,
        until,
        AllocationEvidence.of(new Citation(Citation.Source.IPAMD, "ipam.json", 0, "held"), from));
  }

  private static FlowKey key(IpAddress source, IpAddress destination, int port) {
    return new FlowKey(Protocol.TCP, source, 40000, destination, port);
  }

  private Owner destination(IpAddress address, int port) {
    return names.ends(key(API, address, port), API_POD, TEN_NS).destination().owner();
  }

  @Test
  void ends_podNow_hasWorkloadEniAndSince() {
    assertThat(names.ends(key(API, FAR, 1), API_POD, TEN_NS + 1).source().owner())
        .isEqualTo(
            new Owner.Pod(new PodRef("shop", "api-0"), "api", "node-a", "eth1", Optional.of(TEN)));
  }

  @Test
  void ends_recycledAddress_isWhoHeldItThen() {
    assertThat(names.ends(key(API, FAR, 1), API_POD, TEN_NS - HOUR_NS / 2).source().owner())
        .isEqualTo(
            new Owner.Pod(
                new PodRef("shop", "old-0"),
                "old",
                "node-a",
                "",
                Optional.of(TEN.minusSeconds(3600))));
  }

  private static final IpAddress FAR_NODE = IpAddress.parse("192.168.32.10");

  private static PeerNode nodeB(boolean countsFlows) {
    return new PeerNode(
        "node-b",
        List.of(
            new PeerNode.Pod(new PodRef("shop", "db-0"), "db", "eth1", List.of(FAR, BACKEND)),
            new PeerNode.Pod(new PodRef("shop", "liar-0"), "liar", "eth0", List.of(API))),
        List.of(new PeerNode.Eni("eth0", List.of(FAR_NODE, PRIMARY))),
        countsFlows);
  }

  private static FlowNames namesWith(PeerNode... told) {
    Peers peers = new Peers();
    for (PeerNode node : told) {
      peers.learn(node);
    }
    NodeView known = view();
    return new FlowNames(
        new NodeView(known.inventory(), known.ipam(), known.routes(), known.nat(), peers.book()),
        new LearntNames<>());
  }

  @Test
  void ends_podOfAnotherNode_isThatPodEvenBehindAService() {
    FlowNames told = namesWith(nodeB(true));
    Owner.Pod db =
        new Owner.Pod(new PodRef("shop", "db-0"), "db", "node-b", "eth1", Optional.empty());

    FlowNames.Ends ends = told.ends(key(FAR, BACKEND, 15432), API_POD, TEN_NS);
    assertThat(ends.source().owner()).isEqualTo(db);
    assertThat(ends.destination().owner()).isEqualTo(db);
    assertThat(told.ends(key(FAR_NODE, CLUSTER_IP, 5432), API_POD, TEN_NS))
        .satisfies(
            e -> {
              assertThat(e.source().owner()).isEqualTo(new Owner.Node("node-b", "eth0"));
              assertThat(e.destination().owner()).isEqualTo(new Owner.Service("shop", "db", "sql"));
            });
  }

  @Test
  void ends_addressThatIsAlsoLocal_isTheLocalOne() {
    FlowNames told = namesWith(nodeB(true));
    FlowNames.Ends ends = told.ends(key(API, PRIMARY, 1), API_POD, TEN_NS + 1);

    assertThat(ends.source().owner().label()).isEqualTo("shop/api-0");
    assertThat(ends.destination().owner()).isEqualTo(new Owner.Node("node-a", "eth0"));
    assertThat(told.isCountedElsewhere(API)).isFalse();
    assertThat(told.isCountedElsewhere(PRIMARY)).isFalse();
  }

  @Test
  void isCountedElsewhere_onlyWhereTheOtherAgentCounts() {
    FlowNames counting = namesWith(nodeB(true));
    assertThat(counting.isCountedElsewhere(FAR)).isTrue();
    assertThat(counting.isCountedElsewhere(FAR_NODE)).isTrue();
    assertThat(counting.isCountedElsewhere(INTERNET)).isFalse();
    assertThat(namesWith(nodeB(false)).isCountedElsewhere(FAR)).isFalse();
    assertThat(namesWith(nodeB(true), nodeB(false)).isCountedElsewhere(FAR)).isFalse();
    assertThat(names.isCountedElsewhere(FAR)).isFalse();
  }

  @Test
  void ends_serviceAddress_isTheService() {
    assertThat(destination(CLUSTER_IP, 5432)).isEqualTo(new Owner.Service("shop", "db", "sql"));
  }

  @Test
  void ends_podOfAnotherNode_isNamedByTheServiceItStandsBehind() {
    assertThat(destination(BACKEND, 15432)).isEqualTo(new Owner.Service("shop", "db", "sql"));
    assertThat(destination(BACKEND, 9999)).isEqualTo(new Owner.Unknown());
    assertThat(names.ends(key(BACKEND, API, 8080), API_POD, TEN_NS).source().owner())
        .isEqualTo(new Owner.Service("shop", "db", "sql"));
  }

  @Test
  void ends_nodeAndStrangers_areToldApart() {
    assertThat(destination(PRIMARY, 10250)).isEqualTo(new Owner.Node("node-a", "eth0"));
    assertThat(destination(FAR, 8080)).isEqualTo(new Owner.Unknown());
    assertThat(destination(INTERNET, 443)).isEqualTo(new Owner.External(""));
  }

  @Test
  void ends_hostThatThePodAskedFor_hasItsNameAtThatPodOnly() {
    learnt.learn("shop/api-0", "api.example.com", INTERNET, 60, TEN_NS);
    assertThat(destination(INTERNET, 443)).isEqualTo(new Owner.External("api.example.com"));
    assertThat(names.ends(key(API, INTERNET, 443), ETH0, TEN_NS).destination().owner())
        .isEqualTo(new Owner.External(""));
  }
}
