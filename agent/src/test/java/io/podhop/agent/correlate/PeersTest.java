package io.podhop.agent.correlate;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.IpAddress;
import io.podhop.model.Owner;
import io.podhop.model.PeerNode;
import io.podhop.model.PodRef;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PeersTest {
  private final Peers peers = new Peers(3);

  private static PeerNode node(String name, boolean countsFlows, String... addresses) {
    return new PeerNode(
        name,
        Arrays.stream(addresses)
            .map(
                address ->
                    new PeerNode.Pod(
                        new PodRef("shop", "p-" + address),
                        "p",
                        "eth1",
                        List.of(IpAddress.parse(address))))
            .toList(),
        List.of(),
        countsFlows);
  }

  private Optional<String> holder(String address) {
    return peers
        .book()
        .owner(IpAddress.parse(address))
        .map(owner -> owner instanceof Owner.Pod pod ? pod.node() + " " + pod.ref() : "?");
  }

  @Test
  void learn_again_replacesThatNodeOnly() {
    peers.learn(node("b", true, "10.0.0.1"));
    peers.learn(node("c", true, "10.0.0.2"));
    peers.learn(node("b", true, "10.0.0.3"));

    assertThat(holder("10.0.0.1")).isEmpty();
    assertThat(holder("10.0.0.2")).hasValue("c shop/p-10.0.0.2");
    assertThat(holder("10.0.0.3")).hasValue("b shop/p-10.0.0.3");
    assertThat(peers.book().size()).isEqualTo(2);
  }

  @Test
  void learn_nothing_forgetsTheNode() {
    peers.learn(node("b", true, "10.0.0.1"));
    peers.learn(PeerNode.forgotten("b"));

    assertThat(peers.book().size()).isZero();
    assertThat(peers.book().isCounted(IpAddress.parse("10.0.0.1"))).isFalse();
  }

  @Test
  void learn_beyondTheBound_isCountedAndRoomComesBack() {
    peers.learn(node("b", true, "10.0.0.1", "10.0.0.2"));
    peers.learn(node("c", true, "10.0.0.3", "10.0.0.4", "10.0.0.5"));
    assertThat(peers.book().size()).isEqualTo(3);
    assertThat(peers.overflowed()).isEqualTo(2);

    peers.learn(PeerNode.forgotten("b"));
    peers.learn(node("c", true, "10.0.0.3", "10.0.0.4", "10.0.0.5"));
    assertThat(holder("10.0.0.5")).hasValue("c shop/p-10.0.0.5");
    assertThat(peers.overflowed()).isEqualTo(2);
  }

  @Test
  void book_twoNodesClaimAnAddress_isTheOneThatIsThere() {
    peers.learn(node("alive", true, "10.0.0.1"));
    peers.learn(node("dead", false, "10.0.0.1"));
    assertThat(holder("10.0.0.1")).hasValue("alive shop/p-10.0.0.1");
    assertThat(peers.book().isCounted(IpAddress.parse("10.0.0.1"))).isTrue();
  }

  @Test
  void book_nothingNew_isTheSameObject() {
    peers.learn(node("b", true, "10.0.0.1"));
    PeerBook before = peers.book();
    peers.learn(node("b", true, "10.0.0.1"));
    assertThat(peers.book()).isSameAs(before);
    peers.learn(node("b", false, "10.0.0.1"));
    assertThat(peers.book()).isNotSameAs(before);
  }
}
