package io.podhop.agent.describe;

import static io.podhop.agent.describe.LoggedNode.DB_CID;
import static io.podhop.agent.describe.LoggedNode.WEB_CID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.podhop.model.NodeDescription;
import io.podhop.model.PodRef;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeDescriptionsTest {
  private static final String T0 = "2026-03-01T10:00:00.000Z";
  private static final String T1 = "2026-03-01T10:10:00.000Z";
  private static final String ANSWER =
      """
      {"0":{"ENIs":{
        "eni-0aa":{"ID":"eni-0aa","IsPrimary":true,"IsTrunk":false,"DeviceNumber":0,
          "RouteTableID":254,"SubnetID":"subnet-1","IsExcludedForPodIPs":true,
          "AvailableIPv4Cidrs":{}},
        "eni-0bb":{"ID":"eni-0bb","IsTrunk":true,"DeviceNumber":1,"RouteTableID":2,
          "SubnetID":"subnet-2","AvailableIPv4Cidrs":{"10.1.2.0/28":{"IsPrefix":true,
            "Cidr":{"IP":"10.1.2.0","Mask":"////8A=="},"IPAddresses":{
              "10.1.2.3":{"Address":"10.1.2.3","IPAMKey":{"containerID":"%s"},
                "IPAMMetadata":{"k8sPodNamespace":"shop","k8sPodName":"web-0"},
                "AssignedTime":"2026-03-01T10:00:00Z"},
              "10.1.2.4":{"Address":"10.1.2.4","UnassignedTime":"2026-03-01T10:09:50Z"},
              "10.1.2.5":{"Address":"10.1.2.5","UnassignedTime":"2026-03-01T10:09:10Z"}}}}},
        "eni-0cc":{"ID":"eni-0cc","DeviceNumber":2,"AvailableIPv4Cidrs":{}}}}}
      """
          .formatted(WEB_CID);

  @TempDir Path directory;

  private static LoggedNode node() {
    return new LoggedNode().ipamd(T0, "Found instance-type: m5.large ");
  }

  @Test
  void of_ipamdAnswers_enisRangesAndNumbersAreItsWord() {
    NodeDescription node = NodeDescriptions.of(node().answers(ANSWER, T1).view(directory));

    assertThat(node.instanceType()).isEqualTo("m5.large");
    assertThat(node.maxPods()).hasValue(3 * 9 * 16 + 2);
    assertThat(node.maxEnis()).hasValue(3);
    assertThat(node.addressesPerEni()).hasValue(10);
    assertThat(node.counts()).contains(new NodeDescription.Counts(Instant.parse(T1), 1, 1, 14));
    assertThat(node.limit()).isEqualTo("14 addresses are free, and m5.large allows no more ENIs");
    assertThat(node.enis())
        .extracting(NodeDescription.Eni::id, NodeDescription.Eni::interfaceName)
        .containsExactly(tuple("eni-0aa", "ens5"), tuple("eni-0bb", "ens6"), tuple("eni-0cc", ""));
    assertThat(node.enis().getFirst().primary()).isTrue();
    assertThat(node.enis().getFirst().excluded()).isTrue();
    NodeDescription.Eni second = node.enis().get(1);
    assertThat(second.trunk()).isTrue();
    assertThat(second.subnetId()).isEqualTo("subnet-2");
    assertThat(second.routeTable()).isEqualTo(2);
    assertThat(second.ranges())
        .singleElement()
        .satisfies(
            range -> {
              assertThat(range.cidr()).hasToString("10.1.2.0/28");
              assertThat(range.prefix()).isTrue();
              assertThat(range.used()).isEqualTo(1);
              assertThat(range.cooling()).isEqualTo(1);
              assertThat(range.free()).isEqualTo(14);
              assertThat(range.addresses().getFirst().pod()).contains(new PodRef("shop", "web-0"));
              assertThat(range.addresses().getLast().coolingUntil())
                  .contains(Instant.parse("2026-03-01T10:10:20Z"));
            });
    assertThat(node.warnings())
        .containsExactly(
            "ipamd has eni-0cc, and no interface of the node with a route of its own is it");
  }

  @Test
  void of_logAlone_whatItNamesAndWhatIsNotKnown() {
    LoggedNode logged =
        new LoggedNode()
            .ipamd(T0, "Added ENI(eni-0bb)'s IP/Prefix 10.1.2.3/32 to datastore")
            .ipamd(T0, "Added ENI(eni-0bb)'s IP/Prefix 10.1.2.4/32 to datastore")
            .ipamd(T0, "eni-0bb is of type: trunk")
            .ipamd(T0, "ENI eni-0aa marked as excluded")
            .assigned(T0, "10.1.2.3", WEB_CID, "web-0")
            .ipamd(
                T1, "IP stats for Network Card 0 - total IPs: 2, assigned IPs: 1, cooldown IPs: 0");
    NodeDescription node = NodeDescriptions.of(logged.view(directory));

    assertThat(node.counts()).contains(new NodeDescription.Counts(Instant.parse(T1), 1, 0, 1));
    assertThat(node.limit())
        .isEqualTo("1 address is free, and how many more the instance may have is not known");
    assertThat(node.maxPods()).isEmpty();
    NodeDescription.Eni second = node.enis().get(1);
    assertThat(second.told()).isFalse();
    assertThat(second.trunk()).isTrue();
    assertThat(second.ranges()).hasSize(2);
    assertThat(second.ranges().getFirst().prefix()).isFalse();
    assertThat(second.ranges().getFirst().used()).isEqualTo(1);
    assertThat(node.enis().getFirst().excluded()).isTrue();
    assertThat(node.warnings()).singleElement().asString().contains("instance type is not known");
  }

  @Test
  void of_nothingKnown_saysNotKnown() {
    NodeDescription node = NodeDescriptions.of(new LoggedNode().view(directory));

    assertThat(node.counts()).isEmpty();
    assertThat(node.limit())
        .isEqualTo("not known: neither ipamd's endpoint nor its log told how full the pool is");
    assertThat(node.enis()).hasSize(2).allMatch(eni -> !eni.told());
  }

  @Test
  void of_addWithoutAddress_reasonPodAndLine() {
    String error =
        "Failed to allocate a private IP/Prefix addresses on ENI eni-0bb: operation error EC2:"
            + " AssignPrivateIpAddresses, api error InsufficientFreeAddressesInSubnet: The"
            + " specified subnet does not have enough free addresses to satisfy the request.";
    LoggedNode logged =
        node()
            .ipamd(
                T0, "IP stats for Network Card 0 - total IPs: 1, assigned IPs: 1, cooldown IPs: 0")
            .ipamd(T0, error)
            .ipamd(
                T0,
                "AddNetworkRequest: K8S_POD_NAME:\"new\" K8S_POD_NAMESPACE:\"shop\" ContainerID:\""
                    + DB_CID
                    + "\" IfName:\"eth0\" Netns:\"/n/new\"")
            .ipamd(
                "2026-03-01T10:00:00.100Z",
                "Send AddNetworkReply: Success: false, err: AssignPodIPv4Address: no available IP"
                    + " addresses");
    NodeDescription node = NodeDescriptions.of(logged.view(directory));

    assertThat(node.limit()).isEqualTo("no address is free: the subnet has no free addresses");
    assertThat(node.troubles()).isNotEmpty();
    assertThat(node.troubles())
        .allSatisfy(trouble -> assertThat(trouble.reason()).isEqualTo("subnet"))
        .anySatisfy(
            trouble -> {
              assertThat(trouble.pod()).contains(new PodRef("shop", "new"));
              assertThat(trouble.sentence())
                  .isEqualTo("shop/new got no address: the subnet has no free addresses");
              assertThat(trouble.evidence())
                  .anySatisfy(
                      line ->
                          assertThat(line.text()).contains("InsufficientFreeAddressesInSubnet"));
            });
  }

  @Test
  void of_branchEni_ofThePodThatStillHasIt() {
    LoggedNode logged =
        node()
            .ipamd(
                T0,
                "AddNetworkRequest: K8S_POD_NAME:\"web-0\" K8S_POD_NAMESPACE:\"shop\" ContainerID:\""
                    + WEB_CID
                    + "\" IfName:\"eth0\" Netns:\"/n/web\"")
            .ipamd(
                "2026-03-01T10:00:00.010Z",
                "Send AddNetworkReply: Success: true IPAddr: [IPv4Addr:\"10.1.2.3\""
                    + " DeviceNumber:-1], resp: Success:true"
                    + " IPAllocationMetadata:{IPv4Addr:\"10.1.2.3\" DeviceNumber:-1} PodVlanId:4 "
                    + " PodENIMAC:\"02:AA:00:00:00:01\" PodENISubnetGW:\"10.1.0.1\" "
                    + " ParentIfIndex:7, err: <nil>")
            .plugin(
                "2026-03-01T10:00:00.020Z",
                "Received add network response from ipamd for container "
                    + WEB_CID
                    + " interface eth0: Success:true  IPv4Addr:\"10.1.2.3\"  DeviceNumber:-1");

    assertThat(NodeDescriptions.of(logged.view(directory)).branches())
        .singleElement()
        .satisfies(
            branch -> {
              assertThat(branch.pod()).isEqualTo(Optional.of(new PodRef("shop", "web-0")));
              assertThat(branch.vlan()).isEqualTo(4);
              assertThat(branch.eniId()).isEmpty();
            });
  }
}
