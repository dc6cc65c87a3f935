package io.podhop.agent.correlate;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.cri.CriSnapshot;
import io.podhop.agent.cri.Sandbox;
import io.podhop.agent.ipam.Allocation;
import io.podhop.agent.ipam.AllocationEvidence;
import io.podhop.agent.ipam.IpamCounters;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.Link;
import io.podhop.agent.netns.NetworkNamespace;
import io.podhop.agent.netns.PodNamespacesSnapshot;
import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class InventoryTest {
  private static final NodeView NODE = NodeFixture.view(true);

  @Test
  void join_addressThatIpamdGave_hasNameVethEniAndTable() {
    PodInfo pod = only(ipam(OptionalInt.of(2)), CriSnapshot.EMPTY);

    assertThat(pod.ref()).isEqualTo(new PodRef("shop", "api-5b8d9c7f44-q8w2z"));
    assertThat(pod.workload()).isEqualTo("api");
    assertThat(pod.containerId()).isEqualTo("c1");
    assertThat(pod.hostVeth()).isEqualTo("eniapi");
    assertThat(pod.hostVethIndex()).isEqualTo(4);
    assertThat(pod.eniInterface()).isEqualTo("eth1");
    assertThat(pod.routeTable()).isEqualTo(2);
  }

  @Test
  void join_logsTooOldForTheTable_takesItFromThePolicyRule() {
    assertThat(only(ipam(OptionalInt.empty()), CriSnapshot.EMPTY).eniInterface()).isEqualTo("eth1");
  }

  @Test
  void join_addressThatOnlyTheRuntimeKnows_hasItsNameAndLabel() {
    PodInfo pod = only(ipam(), runtime());

    assertThat(pod.ref()).isEqualTo(new PodRef("shop", "payments-branch"));
    assertThat(pod.workload()).isEqualTo("payments");
    assertThat(pod.containerId()).isEqualTo("sandbox-1");
  }

  @Test
  void join_addressThatNobodyKnows_isLeftOutAndSaid() {
    NodeInventory inventory = join(ipam(), CriSnapshot.EMPTY);

    assertThat(inventory.pods()).isEmpty();
    assertThat(inventory.warnings()).anyMatch(warning -> warning.startsWith("1 network namespace"));
  }

  @Test
  void join_node_knowsItsEnisPrimaryFirstAndTheRangesWithoutSnat() {
    NodeInventory inventory = join(ipam(), CriSnapshot.EMPTY);

    assertThat(inventory.enis()).extracting(eni -> eni.interfaceName()).startsWith("eth0", "eth1");
    assertThat(inventory.primaryAddress()).isEqualTo(NodeFixture.PRIMARY);
    assertThat(inventory.vpcCidrs()).hasToString("[192.168.0.0/16]");
  }

  private static PodInfo only(IpamSnapshot ipam, CriSnapshot runtime) {
    NodeInventory inventory = join(ipam, runtime);
    assertThat(inventory.pods()).hasSize(1);
    return inventory.pods().getFirst();
  }

  private static NodeInventory join(IpamSnapshot ipam, CriSnapshot runtime) {
    NetworkNamespace namespace =
        new NetworkNamespace(
            4026532999L,
            42,
            1,
            Path.of("/proc/42/ns/net"),
            List.of(new Link(3, "eth0", "", 9001, true, 4, 0, "veth", 0, true, 0)),
            List.of(new InterfaceAddress(3, "eth0", NodeFixture.API, 32, 0)));
    PodNamespacesSnapshot found = new PodNamespacesSnapshot(List.of(namespace), 0, 0, 0);
    return Inventory.join("node-a", found, ipam, runtime, NODE.routes(), NODE.nat());
  }

  private static IpamSnapshot ipam(OptionalInt table) {
    Allocation allocation =
        new Allocation(
            NodeFixture.API,
            Optional.of(new PodRef("shop", "api-5b8d9c7f44-q8w2z")),
            "c1",
            "eth0",
            OptionalInt.empty(),
            table,
            "eniapi",
            Instant.EPOCH,
            Optional.empty(),
            AllocationEvidence.of(
                new Citation(Citation.Source.IPAMD, "ipam.json", 0, "held"), Instant.EPOCH));
    return snapshot(Map.of(NodeFixture.API, List.of(allocation)));
  }

  private static IpamSnapshot ipam() {
    return snapshot(Map.of());
  }

  private static IpamSnapshot snapshot(Map<IpAddress, List<Allocation>> allocations) {
    return new IpamSnapshot(
        allocations, List.of(), List.of(), new IpamCounters(0, 0, 0, 0, 0, 0, 0));
  }

  private static CriSnapshot runtime() {
    return new CriSnapshot(
        List.of(
            new Sandbox(
                "sandbox-1",
                new PodRef("shop", "payments-branch"),
                "uid",
                Map.of("app.kubernetes.io/name", "payments"),
                List.of(NodeFixture.API),
                true,
                Instant.EPOCH,
                "")),
        List.of());
  }
}
