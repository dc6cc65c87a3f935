package io.podhop.collector.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.collector.fixture.Shop;
import io.podhop.model.Endpoint;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.model.Owner;
import io.podhop.model.Protocol;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final Registry registry = new Registry(() -> now);
  private final List<String> asked = new ArrayList<>();
  private final Names names =
      new Names(
          registry,
          host -> {
            asked.add(host);
            return host.equals("example.com") ? List.of(Shop.INTERNET) : List.of();
          });

  @BeforeEach
  void register() {
    add(Shop.nodeA());
    add(Shop.nodeB());
  }

  private void add(NodeInventory inventory) {
    String node = inventory.node();
    assertThat(registry.register(node, "1", node))
        .isInstanceOf(Registry.Registration.Accepted.class);
    registry.update(node, node, inventory);
  }

  private Source source(String text) {
    return ((Resolution.Found<Source>) names.source(text, "shop")).value();
  }

  private Destination destination(String text, int port) {
    Resolution<Destination> resolution = names.destination(text, "shop", port, Protocol.TCP, true);
    return ((Resolution.Found<Destination>) resolution).value();
  }

  private static <T> Resolution.Refused<T> refused(Resolution<T> resolution) {
    return (Resolution.Refused<T>) resolution;
  }

  @ParameterizedTest
  @ValueSource(strings = {"shop/web", "web", "192.168.1.21"})
  void source_pod_isFoundByNameAndAddress(String text) {
    Source source = source(text);
    assertThat(source.pod()).isEqualTo("shop/web");
    assertThat(source.node()).isEqualTo(Shop.NODE_A);
    assertThat(source.endpoint()).isEqualTo(Shop.web());
  }

  @Test
  void source_node_isTheNodeItself() {
    Source source = source("node-b");
    assertThat(source.pod()).isEmpty();
    assertThat(source.endpoint().owner()).isEqualTo(new Owner.Node(Shop.NODE_B, "eth0"));
  }

  @Test
  void source_unknown_saysWhatIsKnownAndWhatIsNear() {
    assertThat(refused(names.source("shop/wbe", "")))
        .isEqualTo(
            new Resolution.Refused<>(
                true,
                "no pod shop/wbe; 2 nodes and 3 pods are known; did you mean shop/web or shop/db?"));
  }

  @Test
  void source_twoPodsOfOneName_listsBoth() {
    NodeInventory a = Shop.nodeA();
    add(
        new NodeInventory(
            "node-c",
            IpAddress.parse("192.168.64.10"),
            a.vpcCidrs(),
            List.of(),
            List.of(a.pods().getFirst()),
            List.of(),
            List.of()));
    assertThat(refused(names.source("shop/web", "")).sentence())
        .isEqualTo(
            "there are 2 pods shop/web: on node-a with 192.168.1.21, on node-c with 192.168.1.21;"
                + " give an address instead");
  }

  @Test
  void source_agentGone_isNotObservableAndSaysSince() {
    registry.release(Shop.NODE_A, Shop.NODE_A);
    now = now.plusSeconds(42);
    Resolution.Refused<Source> refused = refused(names.source("shop/web", ""));
    assertThat(refused.observable()).isFalse();
    assertThat(refused.sentence())
        .contains("pod shop/web is on node node-a", "last heard 42 s ago");
  }

  @Test
  void source_noAgentAtAll_saysWhatToStart() {
    Names empty = new Names(new Registry(() -> now), _ -> List.of());
    Resolution.Refused<Source> refused = refused(empty.source("shop/web", ""));
    assertThat(refused.observable()).isFalse();
    assertThat(refused.sentence()).contains("podhop agent");
  }

  @ParameterizedTest
  @ValueSource(strings = {"svc/db", "svc/shop/db", "shop/svc/db", "10.100.7.7"})
  void destination_service_bringsItsOwnPortAndEndpoints(String text) {
    Destination destination = destination(text, 0);
    assertThat(destination.endpoint()).isEqualTo(Shop.service());
    assertThat(destination.targets()).containsExactly(Shop.db());
    assertThat(destination.addresses()).containsExactlyInAnyOrder(Shop.SERVICE_IP, Shop.DB_IP);
    assertThat(destination.ports()).containsExactly(Shop.PORT);
    assertThat(destination.warnings()).isEmpty();
  }

  @Test
  void destination_serviceWithoutThatPort_goesOnWithAWarning() {
    Destination destination = destination("svc/db", 81);
    assertThat(destination.endpoint().port()).isEqualTo(81);
    assertThat(destination.targets()).isEmpty();
    assertThat(destination.warnings())
        .containsExactly("service shop/db has no port 81/tcp; it has 5432/tcp");
  }

  @Test
  void destination_nodePort_watchesTheEndpoints() {
    Destination destination = destination("192.168.0.10", 30_432);
    assertThat(destination.endpoint().owner()).isEqualTo(new Owner.Node(Shop.NODE_A, "eth0"));
    assertThat(destination.targets()).containsExactly(Shop.db());
    assertThat(destination.ports()).containsExactlyInAnyOrder(30_432, Shop.PORT);
  }

  @ParameterizedTest
  @CsvSource({"db,80", "shop/db,80", "192.168.33.7,80"})
  void destination_pod_hasDefaultPort(String text, int port) {
    assertThat(destination(text, 0).endpoint()).isEqualTo(new Endpoint(Shop.DB_IP, port, Shop.DB));
  }

  @Test
  void destination_outside_isExternalUnderItsHostName() {
    assertThat(destination("example.com", 443).endpoint()).isEqualTo(Shop.internet());
    assertThat(destination("198.51.100.80", 443).endpoint().owner())
        .isEqualTo(new Owner.External(""));
    assertThat(asked).containsExactly("example.com");
  }

  @Test
  void destination_insideTheVpcButNobodyKnown_warns() {
    Destination destination = destination("192.168.9.9", 80);
    assertThat(destination.endpoint().owner()).isEqualTo(new Owner.Unknown());
    assertThat(destination.warnings()).singleElement().asString().contains("no agent knows");
  }

  @Test
  void destination_podOfADeadAgent_isStillResolved() {
    registry.release(Shop.NODE_B, Shop.NODE_B);
    assertThat(destination("shop/db", 0).targets()).hasSize(1);
  }

  @Test
  void destination_noSuchName_isUsage() {
    Resolution<Destination> unknown = names.destination("shop/bd", "", 0, Protocol.TCP, true);
    assertThat(refused(unknown).observable()).isTrue();
    assertThat(refused(unknown).sentence()).contains("did you mean shop/db");
    assertThat(refused(names.destination("svc/bd", "shop", 0, Protocol.TCP, true)).sentence())
        .contains("no service shop/bd", "svc/shop/db");
    assertThat(refused(names.destination("nowhere", "shop", 0, Protocol.TCP, true)).sentence())
        .contains("no pod shop/nowhere and no node nowhere", "no host name");
    assertThat(refused(names.destination("2001:db8::1", "", 0, Protocol.TCP, true)).sentence())
        .contains("address family");
  }

  @Test
  void register_afterTheFirstWasReleased_replacesIt() {
    registry.release(Shop.NODE_A, Shop.NODE_A);
    assertThat(registry.register(Shop.NODE_A, "2", "other"))
        .isInstanceOf(Registry.Registration.Accepted.class);
    registry.release(Shop.NODE_A, Shop.NODE_A);
    assertThat(registry.nodes().getFirst().connected()).isTrue();
    assertThat(registry.register(Shop.NODE_A, "3", "third"))
        .isInstanceOf(Registry.Registration.Refused.class);
    assertThat(registry.register(" ", "1", "x")).isInstanceOf(Registry.Registration.Refused.class);
  }
}
