package io.podhop.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code podhop explain}: which way a connection would take, by the word of both nodes. */
@ExtendWith(ClusterLogs.class)
class ExplainIT {
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

  private record Explained(Command.Result result, JsonNode tree) {
    static Explained of(String... words) {
      Command.Result result = cluster.podhop("explain", words).await();
      return new Explained(result, JsonMapper.shared().readTree(result.out()));
    }

    String verdict(String key) {
      return tree.at("/verdict/" + key).asString();
    }

    private Stream<JsonNode> legs(String direction) {
      return all(tree.at("/legs")).filter(leg -> leg.at("/direction").asString().equals(direction));
    }

    List<String> way(String direction) {
      return legs(direction)
          .flatMap(leg -> all(leg.at("/hops")))
          .map(hop -> hop.at("/point").asString())
          .toList();
    }

    /** The rules and routes that are cited at a point on the way. */
    List<String> why(String direction, String point) {
      return legs(direction)
          .flatMap(leg -> all(leg.at("/hops")))
          .filter(hop -> hop.at("/point").asString().equals(point))
          .flatMap(hop -> all(hop.at("/why")))
          .map(
              why ->
                  why.at("/place").asString()
                      + " "
                      + why.at("/number").asInt()
                      + " "
                      + why.at("/text").asString())
          .toList();
    }

    Explained exits(int code) {
      assertThat(result.exitCode()).as("%s", result).isEqualTo(code);
      assertThat(result.err()).doesNotContain("Exception");
      return this;
    }
  }

  private static Stream<JsonNode> all(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  private static String veth(String node, String pod) {
    return node + " " + cluster.lab().veth(pod);
  }

  private static String inside(String pod) {
    return pod.substring(pod.indexOf('/') + 1) + " eth0";
  }

  private static String ip(String pod) {
    return cluster.lab().status().pod(pod).ip();
  }

  @Test
  void explain_podToPod_theWayOverTheEnisOfBothNodes() {
    Explained explained = Explained.of(LabPods.API, LabPods.DB, "--port", "8080").exits(0);

    String api = inside(LabPods.API);
    String db = inside(LabPods.DB);
    assertThat(explained.way("request"))
        .containsExactly(
            api,
            veth("node-a", LabPods.API),
            "node-a eth1",
            "node-b eth1",
            veth("node-b", LabPods.DB),
            db);
    assertThat(explained.way("reply"))
        .containsExactly(
            db,
            veth("node-b", LabPods.DB),
            "node-b eth1",
            "node-a eth1",
            veth("node-a", LabPods.API),
            api);
    assertThat(explained.why("request", "node-a eth1"))
        .contains("rule 1536 from " + ip(LabPods.API) + " lookup 2");
    assertThat(explained.why("reply", veth("node-a", LabPods.API)))
        .contains("rule 512 from all to " + ip(LabPods.API) + " lookup main");
    assertThat(explained.verdict("id")).isEqualTo("delivered");
    assertThat(explained.verdict("grade")).isEqualTo("unproven");
  }

  @Test
  void explain_service_bothBackendsAndTheWayBackThroughIt() {
    Explained explained = Explained.of(LabPods.API, "svc/db", "-n", "shop").exits(0);

    JsonNode first = explained.tree().at("/legs/0");
    List<String> backends =
        cluster.lab().status().services().stream()
            .filter(service -> service.name().equals("db"))
            .flatMap(service -> service.endpoints().stream())
            .toList();
    assertThat(
            all(first.at("/choices"))
                .map(choice -> choice.at("/address").asString() + ":" + choice.at("/port").asInt()))
        .hasSize(2)
        .containsExactlyInAnyOrderElementsOf(backends);
    assertThat(all(first.at("/choices")))
        .allSatisfy(choice -> assertThat(choice.at("/probability").asDouble()).isEqualTo(0.5));
    assertThat(first.at("/translation/kind").asString()).isEqualTo("dnat");
    JsonNode last = explained.legs("reply").toList().getLast();
    assertThat(last.at("/leaving/source").asString()).isEqualTo("10.100.0.54");
    assertThat(last.at("/leaving/sourcePort").asInt()).isEqualTo(5432);
  }

  @Test
  void explain_toTheInternet_leavesByThePrimaryEniWithItsAddress() {
    Explained explained = Explained.of(LabPods.API, LabPods.INTERNET).exits(0);

    JsonNode first = explained.tree().at("/legs/0");
    assertThat(first.at("/translation/kind").asString()).isEqualTo("snat");
    assertThat(first.at("/leaving/source").asString())
        .isEqualTo(cluster.lab().status().node("node-a").primaryAddress());
    assertThat(explained.way("request")).last().isEqualTo("node-a eth0");
    assertThat(explained.why("request", "node-a eth0"))
        .anyMatch(why -> why.contains("AWS-SNAT-CHAIN-0 2 ") && why.contains("-j SNAT"))
        .anyMatch(why -> why.startsWith("rule 1024 ") && why.contains("fwmark 0x80/0x80"));
    assertThat(explained.way("reply"))
        .containsExactly("node-a eth0", veth("node-a", LabPods.API), inside(LabPods.API));
  }

  @Test
  void explain_withoutRule1536_wrongEniWhereItLeavesAndTheRuleThatIsMissing() {
    cluster.lab().fault("missing-1536", LabPods.API);

    Explained explained = Explained.of(LabPods.API, LabPods.DB, "--port", "8080").exits(1);

    assertThat(explained.verdict("id")).isEqualTo("wrong-eni");
    assertThat(explained.verdict("direction")).isEqualTo("request");
    assertThat(explained.verdict("lastSeen")).isEqualTo("node-a eth0");
    assertThat(explained.verdict("cause"))
        .contains(
            "belongs to eth1", "rule 1536 (from " + ip(LabPods.API) + " lookup 2) is missing");
    assertThat(explained.verdict("advice")).contains("restore rule 1536");
    assertThat(explained.tree().at("/verdict/evidence").toString())
        .contains("rule 32766 from all lookup main");
    assertThat(explained.way("reply")).isEmpty();
    Explained other = Explained.of(LabPods.PAY, LabPods.DB, "--port", "8080").exits(0);
    assertThat(other.verdict("id")).isEqualTo("delivered");
  }

  @Test
  void explain_forPeople_fitsEightyColumns() {
    Command.Result result =
        cluster.podhop("explain", LabPods.API, "svc/db", "-n", "shop", "-o", "table").await();

    assertThat(result.orFail())
        .contains("DNAT  10.100.0.54:5432 (svc shop/db)", "the first of 2 backends is followed")
        .contains("delivered  the request arrives, and so does its reply");
    assertThat(result.out().lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void explain_unknownPodOrNoCollector_saysSoWithItsExitCode() {
    Explained unknown = Explained.of("shop/cart-9", LabPods.DB).exits(2);
    assertThat(unknown.tree().at("/error").asString()).contains("shop/cart-9", "shop/cart-0");
    String nowhere = "127.0.0.1:" + Ports.free();
    Explained alone = Explained.of(LabPods.API, LabPods.DB, "--collector", nowhere).exits(3);
    assertThat(alone.tree().at("/error").asString()).contains(nowhere);
  }
}
