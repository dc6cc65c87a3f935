package io.podhop.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Whose an address was, and what a node has, by the word of both nodes. */
@ExtendWith(ClusterLogs.class)
class AddressIT {
  private static final String FRESH = "shop/fresh-0";

  private static Cluster cluster;

  @BeforeAll
  static void start() {
    cluster = Cluster.start(Lab.Backend.NFT_CONNMARK_IPTABLES);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @AfterEach
  void clearFaults() {
    cluster.lab().clearFaults();
  }

  private static JsonNode json(Command.Result result) {
    return JsonMapper.shared().readTree(result.orFail());
  }

  private static Lab.Pod pod(String name) {
    return cluster.lab().status().pod(name);
  }

  private static List<JsonNode> all(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).toList();
  }

  /** All tenures of all nodes. */
  private static List<JsonNode> tenures(JsonNode answer) {
    return all(answer.at("/nodes")).stream()
        .flatMap(node -> all(node.at("/tenures")).stream())
        .toList();
  }

  @Test
  void ip_ofALabPod_itsNodeEniAndTheLineOfTheLog() {
    JsonNode answer = json(cluster.podhop("ip", pod(LabPods.API).ip()).await());

    assertThat(tenures(answer))
        .singleElement()
        .satisfies(
            tenure -> {
              assertThat(tenure.at("/pod").asString()).isEqualTo(LabPods.API);
              assertThat(tenure.at("/containerId").asString())
                  .isEqualTo(pod(LabPods.API).containerId());
              assertThat(tenure.at("/until").isMissingNode()).isTrue();
              assertThat(tenure.at("/eni").asString()).startsWith("eni-");
              assertThat(tenure.at("/deviceNumber").asInt()).isEqualTo(1);
              assertThat(tenure.at("/evidence/0/place").asString()).isEqualTo("ipamd.log");
              assertThat(tenure.at("/evidence/0/text").asString()).contains(pod(LabPods.API).ip());
            });
    assertThat(answer.at("/silentNodes")).isEmpty();
    assertThat(all(answer.at("/nodes"))).hasSize(2);
    JsonNode byPod = json(cluster.podhop("ip", "--pod", LabPods.API).await());
    assertThat(tenures(byPod))
        .singleElement()
        .satisfies(
            tenure ->
                assertThat(tenure.at("/address").asString()).isEqualTo(pod(LabPods.API).ip()));
  }

  @Test
  void ip_ofARecycledAddress_bothOwnersAndWhoHeldItThen() {
    String address = pod(LabPods.CART).ip();
    Instant before = Instant.now();
    cluster.lab().fault("recycle", LabPods.CART, FRESH);

    JsonNode answer = json(cluster.podhop("ip", address).await());

    assertThat(tenures(answer))
        .extracting(tenure -> tenure.at("/pod").asString())
        .endsWith(LabPods.CART, FRESH);
    JsonNode gone = tenures(answer).get(tenures(answer).size() - 2);
    assertThat(Instant.parse(gone.at("/until").asString())).isAfter(before.minusSeconds(1));
    assertThat(gone.at("/untilAtMost").asBoolean()).isFalse();
    JsonNode then = json(cluster.podhop("ip", address, "--at", before.toString()).await());
    assertThat(then.at("/moment/state").asString()).isEqualTo("held");
    assertThat(then.at("/moment/tenure/pod").asString()).isEqualTo(LabPods.CART);
    assertThat(then.at("/moment/node").asString()).isEqualTo("node-a");
    Command.Result text = cluster.podhop("ip", address, "-o", "table").await();
    assertThat(text.orFail()).contains(address + " is held by " + FRESH + " on node-a");
    assertThat(text.out().lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void ip_ofAnEnisOwnAddressAndOfNobody_saysSo() {
    String own = cluster.lab().status().node("node-b").primaryAddress();

    Command.Result ofEni = cluster.podhop("ip", own, "-o", "table").await();
    assertThat(ofEni.orFail()).contains("is the own address of node-b's ");
    Command.Result nobody = cluster.podhop("ip", "192.168.77.77", "-o", "table").await();
    assertThat(nobody.exitCode()).as("%s", nobody).isEqualTo(1);
    assertThat(nobody.out()).startsWith("no node has 192.168.77.77");
    Command.Result early =
        cluster.podhop("ip", pod(LabPods.API).ip(), "--at", "2020-01-01T00:00:00Z").await();
    assertThat(early.exitCode()).as("%s", early).isEqualTo(3);
  }

  @Test
  void node_a_enisAddressesAndItsLimit() {
    JsonNode node = json(cluster.podhop("node", "node-a").await());

    assertThat(node.at("/instanceType").asString()).isEqualTo("m5.large");
    assertThat(node.at("/maxPods").asInt()).isEqualTo(29);
    assertThat(all(node.at("/enis")))
        .extracting(eni -> eni.at("/interface").asString())
        .containsExactly("eth0", "eth1");
    assertThat(all(node.at("/enis")))
        .allSatisfy(eni -> assertThat(eni.at("/id").asString()).startsWith("eni-"))
        .extracting(eni -> eni.at("/deviceNumber").asInt())
        .containsExactly(0, 1);
    assertThat(node.at("/enis/0/primary").asBoolean()).isTrue();
    assertThat(node.at("/enis/1/routeTable").asInt()).isEqualTo(2);
    List<String> used =
        all(node.at("/enis")).stream()
            .flatMap(eni -> all(eni.at("/ranges")).stream())
            .flatMap(range -> all(range.at("/addresses")).stream())
            .map(slot -> slot.at("/pod").asString())
            .toList();
    assertThat(used).contains(LabPods.API, LabPods.WEB, LabPods.CART, LabPods.PAY);
    assertThat(node.at("/used").asInt()).isGreaterThanOrEqualTo(4);
    assertThat(node.at("/limit").asString()).contains("free");
    Command.Result text = cluster.podhop("node", "node-a", "-o", "table").await();
    assertThat(text.orFail().lines()).allMatch(line -> line.length() <= 80);
    Command.Result unknown = cluster.podhop("node", "node-x").await();
    assertThat(unknown.exitCode()).isEqualTo(2);
    assertThat(unknown.out()).contains("no node node-x; there is: node-a, node-b");
  }

  @Test
  void node_withoutAddress_ipamdsReason() {
    cluster.lab().fault("no-address", "node-a", "shop/late-0", "--reason", "subnet");

    await("the agent reads the failure")
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> {
              JsonNode node = json(cluster.podhop("node", "node-a").await());
              assertThat(node.at("/free").asInt()).isZero();
              assertThat(node.at("/limit").asString())
                  .isEqualTo("no address is free: the subnet has no free addresses");
              assertThat(all(node.at("/troubles")))
                  .anySatisfy(
                      trouble -> {
                        assertThat(trouble.at("/pod").asString()).isEqualTo("shop/late-0");
                        assertThat(trouble.at("/reason").asString()).isEqualTo("subnet");
                        assertThat(trouble.at("/evidence").toString())
                            .contains("InsufficientFreeAddressesInSubnet");
                      });
            });
  }
}
