package io.podhop.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.podhop.e2e.Answer.Trace;
import io.podhop.e2e.Answer.Translation;
import io.podhop.e2e.Cluster.Run;
import java.time.Duration;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What is not TCP from a probe: UDP, DNS, ICMP, live traffic; and what a node says of itself. */
@ExtendWith(ClusterLogs.class)
class TraceProtocolsIT {
  private static Cluster cluster;

  @BeforeAll
  static void start() {
    cluster = Cluster.start(Lab.Backend.NFT_CONNMARK_NFT);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @Test
  void trace_ofUdpEcho_showsBothDirections() {
    Run run = cluster.trace(LabPods.API, LabPods.DB, "--protocol", "udp", "--port", "7");

    Trace trace = run.delivered();
    String there = "192.168.1.21:" + trace.client().sourcePort() + " > 192.168.33.21:7";
    assertThat(trace.way("datagram", "request"))
        .containsExactly(
            "api-5b8d9c7f44-q8w2z eth0 " + there,
            "node-a " + cluster.lab().veth(LabPods.API) + " " + there,
            "node-a eth1 " + there,
            "node-b eth1 " + there,
            "node-b " + cluster.lab().veth(LabPods.DB) + " " + there,
            "db-0 eth0 " + there);
    assertThat(trace.way("datagram", "reply")).hasSize(6);
  }

  @Test
  void trace_ofDnsThroughService_isIdentifiedByItsQuestion() {
    Run run = cluster.trace(LabPods.API, "infra/svc/dns", "--protocol", "udp");

    Trace trace = run.delivered();
    assertThat(trace.identity()).isEqualTo("dns");
    Translation dnat = trace.translations().getFirst();
    assertThat(dnat.before().destination()).isEqualTo("10.100.0.10");
    assertThat(dnat.after())
        .hasToString("192.168.1.21:" + trace.client().sourcePort() + " > 192.168.33.12:53");
    assertThat(dnat.rules()).anyMatch(rule -> rule.place().startsWith("nat/KUBE-SEP-"));
    assertThat(trace.way("datagram", "request")).hasSize(6);
  }

  @Test
  void trace_ofPing_showsBothDirections() {
    Run run = cluster.trace(LabPods.WEB, LabPods.DB, "--protocol", "icmp");

    Trace trace = run.delivered();
    assertThat(trace.identity()).isEqualTo("icmp-echo");
    assertThat(trace.points("echo"))
        .containsExactly(
            "web-7c9f5d8b6-x2x4k eth0",
            "node-a " + cluster.lab().veth(LabPods.WEB),
            "node-a eth0",
            "node-b eth1",
            "node-b " + cluster.lab().veth(LabPods.DB),
            "db-0 eth0");
    assertThat(trace.points("echo reply")).isEqualTo(trace.points("echo").reversed());
  }

  @Test
  void trace_fromNodeToPodOfAnotherNode_startsAtItsEni() {
    Run run = cluster.trace("node-a", LabPods.DB, "--port", "8080");

    Trace trace = run.delivered();
    assertThat(trace.points("SYN"))
        .containsExactly(
            "node-a eth0", "node-b eth1", "node-b " + cluster.lab().veth(LabPods.DB), "db-0 eth0");
  }

  @Test
  void watch_seesConnectionThatSomebodyElseMakes() {
    Command watch =
        cluster.podhop(
            "trace", LabPods.WEB, LabPods.DB, "--port", "8080", "--watch", "--timeout", "20s");

    await("the watch saw one connection")
        .atMost(Duration.ofSeconds(25))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(300))
        .until(
            () -> {
              cluster
                  .lab()
                  .exec(LabPods.WEB, "curl", "-s", "-m", "2", "http://192.168.33.21:8080/");
              return !watch.isRunning();
            });
    Run run = Run.of(watch.await());

    Trace trace = run.delivered();
    assertThat(trace.points("SYN")).first().isEqualTo("web-7c9f5d8b6-x2x4k eth0");
    assertThat(trace.points("SYN")).last().isEqualTo("db-0 eth0");
    assertThat(trace.client().destinationPort()).isEqualTo(8080);
  }

  @Test
  void trace_inEveryFormat_tellsTheSame() {
    Lab.Pod pod = cluster.lab().status().pod(LabPods.DB);

    for (String format : List.of("table", "wide", "yaml")) {
      String text =
          cluster
              .podhop("trace", LabPods.WEB, LabPods.DB, "-p", "8080", "-o", format)
              .await()
              .orFail();

      assertThat(text)
          .as(format)
          .contains("delivered", "proven", "node-a", "eth0", "node-b", "eth1", "db-0", "SYN-ACK")
          .contains(pod.ip())
          .doesNotContain("Exception");
    }
  }

  @Test
  void netns_onNode_listsExactlyItsPods() {
    for (Lab.Node node : cluster.lab().status().nodes()) {
      String json =
          cluster.lab().exec(node.name(), Cluster.LAUNCHER, "netns", "-o", "json").orFail();

      List<Lab.Pod> found =
          StreamSupport.stream(JsonMapper.shared().readTree(json).spliterator(), false)
              .filter(row -> !row.path("pod").asString().isEmpty())
              .map(TraceProtocolsIT::pod)
              .toList();
      assertThat(found)
          .usingRecursiveFieldByFieldElementComparatorIgnoringFields("pid")
          .containsExactlyInAnyOrderElementsOf(node.pods());
    }
  }

  @Test
  void nodes_listed_areTheLabs() {
    JsonNode nodes =
        JsonMapper.shared().readTree(cluster.podhop("nodes").await().orFail()).path("nodes");

    assertThat(nodes.findValuesAsString("agent")).containsOnly("connected");
    for (JsonNode node : nodes) {
      Lab.Node expected = cluster.lab().status().node(node.path("node").asString());
      assertThat(node.path("primaryAddress").asString()).isEqualTo(expected.primaryAddress());
      assertThat(node.path("pods").findValuesAsString("hostVeth"))
          .containsExactlyInAnyOrderElementsOf(
              expected.pods().stream().map(Lab.Pod::veth).toList());
    }
  }

  private static Lab.Pod pod(JsonNode row) {
    return new Lab.Pod(
        row.path("namespace").asString(),
        row.path("pod").asString(),
        row.path("addresses").path(0).asString(),
        row.path("eni").asString(),
        row.path("table").asInt(),
        row.path("veth").asString(),
        row.path("container").asString(),
        row.path("pid").asLong());
  }
}
