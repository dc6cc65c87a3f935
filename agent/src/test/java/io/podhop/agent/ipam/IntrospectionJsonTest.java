package io.podhop.agent.ipam;

import static io.podhop.agent.ipam.LogLines.CID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.model.Cidr;
import io.podhop.model.PodRef;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IntrospectionJsonTest {
  private static final Instant READ = Instant.parse("2026-03-01T10:00:00Z");
  private static final String NEVER = "0001-01-01T00:00:00Z";
  private static final String ASSIGNED = "2026-03-01T09:00:00.5Z";
  private static final String UNASSIGNED = "2026-03-01T09:59:50Z";

  private static EniPool only(String text) throws IOException {
    return IntrospectionSnapshot.of(text, READ).enis().getFirst();
  }

  private static String eni(String inside) {
    return "{\"eni-1\":{\"ID\":\"eni-1\",\"IsPrimary\":false,\"DeviceNumber\":2," + inside + "}}";
  }

  private static String key(String container) {
    return "{\"networkName\":\""
        + (container.isEmpty() ? "" : "aws-cni")
        + "\",\"containerID\":\""
        + container
        + "\",\"ifName\":\""
        + (container.isEmpty() ? "" : "eth0")
        + "\"}";
  }

  @Test
  void enis_upTo16_addressesAssignedOrNot() throws IOException {
    EniPool eni =
        only(
            "{\"AssignedIPs\":1,\"TotalIPs\":2,\"ENIIPPools\":{\"eni-1\":{\"Id\":\"eni-1\","
                + "\"IsPrimary\":true,\"DeviceNumber\":0,\"AssignedIPv4Addresses\":1,"
                + "\"IPv4Addresses\":{\"10.1.2.3\":{\"Assigned\":true},"
                + "\"10.1.2.4\":{\"Assigned\":false}}}}}");

    assertThat(eni.id()).isEqualTo("eni-1");
    assertThat(eni.primary()).isTrue();
    assertThat(eni.routeTable()).isEmpty();
    assertThat(eni.blocks()).allMatch(block -> block.size() == 1 && !block.prefix());
    assertThat(eni.blocks().stream().map(block -> block.addresses().getFirst().assigned()))
        .containsExactlyInAnyOrder(true, false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // 1.7 and 1.8
        "{\"TotalIPs\":1,\"AssignedIPs\":1,\"ENIs\":ENI[\"IPv4Addresses\":ADDRESSES]}",
        // 1.9
        "{\"TotalIPs\":1,\"AssignedIPs\":1,\"ENIs\":ENI[\"AvailableIPv4Cidrs\":{\"10.1.2.3/32\":"
            + "{\"Cidr\":{\"IP\":\"10.1.2.3\",\"Mask\":\"/////w==\"},\"IPv4Addresses\":ADDRESSES,"
            + "\"IsPrefix\":false}}]}",
        // 1.10 to 1.19
        "{\"TotalIPs\":1,\"AssignedIPs\":1,\"ENIs\":ENI[\"AvailableIPv4Cidrs\":{\"10.1.2.3/32\":"
            + "{\"Cidr\":{\"IP\":\"10.1.2.3\",\"Mask\":\"/////w==\"},\"IPAddresses\":ADDRESSES,"
            + "\"IsPrefix\":false,\"AddressFamily\":\"\"}},\"IPv6Cidrs\":{}]}",
        // 1.20 and later
        "{\"0\":{\"TotalIPs\":1,\"AssignedIPs\":1,\"ENIs\":ENI[\"AvailableIPv4Cidrs\":"
            + "{\"10.1.2.3/32\":{\"Cidr\":{\"IP\":\"10.1.2.3\",\"Mask\":\"/////w==\"},"
            + "\"IPAddresses\":ADDRESSES,\"IsPrefix\":false}},\"IPv6Cidrs\":{},"
            + "\"RouteTableID\":3]}}",
      })
  void enis_anyLaterRelease_sameAddressHeldBySameSandbox(String schema) throws IOException {
    String addresses =
        "{\"10.1.2.3\":{\"Address\":\"10.1.2.3\",\"IPAMKey\":"
            + key(CID)
            + ",\"UnassignedTime\":\""
            + NEVER
            + "\"}}";
    String inside = schema.substring(schema.indexOf('[') + 1, schema.indexOf(']'));
    EniPool eni =
        only(schema.replace("ENI[" + inside + "]", eni(inside)).replace("ADDRESSES", addresses));

    assertThat(eni.deviceNumber()).isEqualTo(2);
    assertThat(eni.networkCard()).isZero();
    assertThat(eni.blocks())
        .singleElement()
        .satisfies(
            block -> {
              assertThat(block.cidr()).isEqualTo(Cidr.parse("10.1.2.3/32"));
              EniPool.Slot slot = block.addresses().getFirst();
              assertThat(slot.assigned()).isTrue();
              assertThat(slot.containerId()).isEqualTo(CID);
              assertThat(slot.unassignedAt()).isEmpty();
            });
  }

  @Test
  void enis_prefixOf122OnSecondCard_everyFieldRead() throws IOException {
    EniPool eni =
        only(
            "{\"1\":{\"TotalIPs\":16,\"AssignedIPs\":1,\"ENIs\":"
                + eni(
                    "\"IsTrunk\":true,\"IsEFA\":true,\"SubnetID\":\"subnet-9\","
                        + "\"IsExcludedForPodIPs\":true,\"RouteTableID\":10102,"
                        + "\"AvailableIPv4Cidrs\":{\"10.1.2.16/28\":{\"Cidr\":{\"IP\":"
                        + "\"10.1.2.16\",\"Mask\":\"////8A==\"},\"IPAddresses\":{"
                        + "\"10.1.2.17\":{\"IPAMKey\":"
                        + key(CID)
                        + ",\"IPAMMetadata\":{\"k8sPodNamespace\":\"shop\",\"k8sPodName\":"
                        + "\"web-0\",\"interfacesCount\":1},\"AssignedTime\":\""
                        + ASSIGNED
                        + "\",\"UnassignedTime\":\""
                        + NEVER
                        + "\"},\"10.1.2.18\":{\"IPAMKey\":"
                        + key("")
                        + ",\"IPAMMetadata\":{},\"AssignedTime\":\""
                        + ASSIGNED
                        + "\",\"UnassignedTime\":\""
                        + UNASSIGNED
                        + "\"}},\"IsPrefix\":true}},\"IPv6Cidrs\":{}")
                + "}}");

    assertThat(eni.networkCard()).isEqualTo(1);
    assertThat(eni.trunk() && eni.efa() && eni.excluded()).isTrue();
    assertThat(eni.subnetId()).isEqualTo("subnet-9");
    assertThat(eni.routeTable()).hasValue(10102);
    EniPool.Block block = eni.blocks().getFirst();
    assertThat(block.prefix()).isTrue();
    assertThat(block.size()).isEqualTo(16);
    EniPool.Slot held = block.addresses().getFirst();
    assertThat(held.pod()).contains(new PodRef("shop", "web-0"));
    assertThat(held.assignedAt()).contains(Instant.parse(ASSIGNED));
    EniPool.Slot released = block.addresses().getLast();
    assertThat(released.assigned()).isFalse();
    assertThat(released.unassignedAt()).contains(Instant.parse(UNASSIGNED));
  }

  @Test
  void enis_blanksOf123_assignedByItsTimes() throws IOException {
    String slot =
        "\"IPAMKey\":"
            + key("")
            + ",\"IPAMMetadata\":{},\"AssignedTime\":\""
            + ASSIGNED
            + "\",\"UnassignedTime\":\"";
    EniPool eni =
        only(
            "{\"0\":{\"ENIs\":"
                + eni(
                    "\"AvailableIPv4Cidrs\":{\"10.1.2.16/28\":{\"IPAddresses\":{\"10.1.2.17\":{"
                        + slot
                        + NEVER
                        + "\"},\"10.1.2.18\":{"
                        + slot
                        + UNASSIGNED
                        + "\"}},\"IsPrefix\":true}}")
                + "}}");

    assertThat(eni.blocks().getFirst().addresses().stream().map(EniPool.Slot::assigned))
        .containsExactly(true, false);
  }

  @Test
  void enis_cidrByMaskOnly_isRead() throws IOException {
    EniPool eni =
        only(
            "{\"ENIs\":"
                + eni(
                    "\"AvailableIPv4Cidrs\":{\"odd\":{\"Cidr\":{\"IP\":\"10.1.2.16\",\"Mask\":"
                        + "\"////8A==\"},\"IPAddresses\":{}}}")
                + "}");

    assertThat(eni.blocks().getFirst().cidr()).isEqualTo(Cidr.parse("10.1.2.16/28"));
  }

  @Test
  void enis_addressNobodyCanRead_isCountedAndTheRestStands() throws IOException {
    IntrospectionSnapshot snapshot =
        IntrospectionSnapshot.of(
            "{\"ENIs\":" + eni("\"IPv4Addresses\":{\"ten\":{},\"10.1.2.3\":{}}") + "}", READ);

    assertThat(snapshot.enis().getFirst().blocks()).hasSize(1);
    assertThat(snapshot.warnings()).singleElement().asString().contains("1 ENIs or addresses");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{\"ENIs\":{", "{\"x\":{}}", "null", "{\"0\":1}", "..."})
  void enis_notAnAnswer_errorSaysWhy(String text) {
    assertThatThrownBy(() -> IntrospectionSnapshot.of(text, READ))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("/v1/enis: ");
  }

  @Test
  void withSettings_anyValue_isText() throws IOException {
    IntrospectionSnapshot snapshot =
        IntrospectionSnapshot.EMPTY.withSettings(
            "{\"WARM_ENI_TARGET\":\"1\",\"MAX_ENI\":-1,\"ENABLE_POD_ENI\":false,\"L\":[1]}");

    assertThat(snapshot.settings())
        .containsEntry("WARM_ENI_TARGET", "1")
        .containsEntry("MAX_ENI", "-1")
        .containsEntry("ENABLE_POD_ENI", "false")
        .containsEntry("L", "[1]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"node1", "node2", "node3"})
  void enis_samplesOfRealNodes_countsAgree(String node) throws IOException {
    IntrospectionSnapshot snapshot =
        IntrospectionSnapshot.of(
            Samples.text("introspect-enis-v1.21.1-" + node + "-solidcellaMoon.json"), READ);
    List<EniPool.Slot> slots =
        snapshot.enis().stream()
            .flatMap(eni -> eni.blocks().stream())
            .flatMap(block -> block.addresses().stream())
            .toList();

    assertThat(snapshot.warnings()).isEmpty();
    assertThat(slots).hasSize(snapshot.stats().getFirst().total());
    assertThat(slots.stream().filter(EniPool.Slot::assigned))
        .hasSize(snapshot.stats().getFirst().assigned())
        .allMatch(slot -> slot.pod().isPresent() && slot.containerId().length() == 64);
    assertThat(slots).allMatch(slot -> slot.assigned() == slot.unassignedAt().isEmpty());
  }

  @Test
  void enis_elidedSample_clearError() {
    String text = Samples.text("introspect-enis-v1.4era-ENIIPPools-docs-elided.json");

    assertThatThrownBy(() -> IntrospectionSnapshot.of(text, READ))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not valid JSON, cut or edited?");
  }
}
