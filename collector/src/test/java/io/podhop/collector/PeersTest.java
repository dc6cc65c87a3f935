package io.podhop.collector;

import static io.podhop.collector.fixture.Flows.of;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.podhop.collector.fixture.Flows;
import io.podhop.collector.fixture.Running;
import io.podhop.collector.fixture.ScriptedAgent;
import io.podhop.collector.fixture.Shop;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.model.Flow;
import io.podhop.model.FlowFilter;
import io.podhop.model.NodeInventory;
import io.podhop.model.PeerNode;
import io.podhop.model.PodInfo;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.CollectorMessage;
import io.podhop.v1.Failed;
import io.podhop.v1.FlowEvent;
import io.podhop.v1.ObserveFlowsRequest;
import io.podhop.wire.FlowCodec;
import io.podhop.wire.InventoryCodec;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What agents are told of each other, and that a connection which two of them saw is one. */
@Timeout(60)
class PeersTest extends WholeCollector {
  private static final Flow AT_SOURCE = of("t1", 5, Shop.WEB_POD, Shop.service());
  private static final Flow AT_DESTINATION = of("t1", 6, Shop.DB_POD, Shop.db());

  private static FlowFilter to(String name) {
    return new FlowFilter("", name, 0, Optional.empty(), Set.of(), Optional.empty(), 0, 0);
  }

  private static void awaitPeer(ScriptedAgent agent, PeerNode peer) {
    await()
        .atMost(5, TimeUnit.SECONDS)
        .untilAsserted(() -> assertThat(agent.peers()).endsWith(peer));
  }

  private static ScriptedAgent silent(Running running, NodeInventory inventory) {
    return running.agent(inventory, (_, _) -> {});
  }

  private List<Integer> seconds(boolean everyPoint, FlowFilter filter) {
    List<Integer> seconds = new ArrayList<>();
    running
        .query()
        .observeFlows(
            ObserveFlowsRequest.newBuilder()
                .setLast(5)
                .setEveryPoint(everyPoint)
                .setFilter(FlowCodec.encode(filter))
                .build())
        .forEachRemaining(
            event -> {
              if (event.hasFlow()) {
                seconds.add(Flows.second(event.getFlow()));
              }
            });
    return seconds;
  }

  @Test
  void agents_areToldOfEachOtherAndNotOfThemselves() {
    ScriptedAgent a = silent(running, Shop.nodeA());
    ScriptedAgent b = silent(running, Shop.nodeB());

    awaitPeer(a, PeerNode.of(Shop.nodeB(), true));
    awaitPeer(b, PeerNode.of(Shop.nodeA(), true));
    assertThat(a.peers()).extracting(PeerNode::node).containsOnly("node-b");
    PeerNode.Pod db = a.peers().getLast().pods().getFirst();
    assertThat(db.ref()).hasToString("shop/db");
    assertThat(db.addresses()).containsExactly(Shop.DB_IP);
    assertThat(db.eniInterface()).isEqualTo("eth0");
  }

  @Test
  void lateAgent_isToldOfAllNodesBeforeAnythingElse() {
    ScriptedAgent a = silent(running, Shop.nodeA());
    ScriptedAgent b = silent(running, Shop.nodeB());
    awaitPeer(a, PeerNode.of(Shop.nodeB(), true));
    awaitPeer(b, PeerNode.of(Shop.nodeA(), true));

    List<Integer> toldBefore = new ArrayList<>();
    Iterator<FlowEvent> watching =
        running.query().observeFlows(ObserveFlowsRequest.newBuilder().setFollow(true).build());
    ScriptedAgent late =
        running.agent(
            new NodeInventory(
                "node-c",
                Shop.INTERNET,
                List.of(),
                List.of(),
                Shop.nodeB().pods(),
                List.of(),
                List.of()),
            (agent, message) -> {
              if (message.hasObserve()) {
                toldBefore.add(agent.peers().size());
                agent.say(Flows.say(Flows.seen(message.getObserve().getRequestId(), 3)));
              }
            });
    assertThat(Flows.second(watching.next().getFlow())).isEqualTo(3);
    assertThat(toldBefore).containsExactly(2);
    assertThat(late.peers()).extracting(PeerNode::node).containsExactly("node-a", "node-b");
  }

  @Test
  void changedInventory_isToldOnceAndAnEqualOneNotAtAll() {
    ScriptedAgent a = silent(running, Shop.nodeA());
    ScriptedAgent b = silent(running, Shop.nodeB());
    awaitPeer(a, PeerNode.of(Shop.nodeB(), true));
    awaitPeer(b, PeerNode.of(Shop.nodeA(), true));
    int before = b.peers().size();

    NodeInventory known = Shop.nodeA();
    NodeInventory withWarning = with(known, known.pods(), List.of("a log cannot be read"));
    NodeInventory withoutApi = with(known, known.pods().subList(0, 1), List.of());
    a.say(AgentMessage.newBuilder().setInventory(InventoryCodec.encode(withWarning)));
    a.say(AgentMessage.newBuilder().setInventory(InventoryCodec.encode(withoutApi)));

    awaitPeer(b, PeerNode.of(withoutApi, true));
    assertThat(b.peers()).hasSize(before + 1);
  }

  private static NodeInventory with(
      NodeInventory known, List<PodInfo> pods, List<String> warnings) {
    return new NodeInventory(
        known.node(),
        known.primaryAddress(),
        known.vpcCidrs(),
        known.enis(),
        pods,
        known.services(),
        warnings);
  }

  @Test
  void goneAgent_keepsItsNamesAndCountsNoMore() {
    ScriptedAgent a = silent(running, Shop.nodeA());
    ScriptedAgent b = silent(running, Shop.nodeB());
    awaitPeer(a, PeerNode.of(Shop.nodeB(), true));
    b.close();
    awaitPeer(a, PeerNode.of(Shop.nodeB(), false));
    silent(running, Shop.nodeB());
    awaitPeer(a, PeerNode.of(Shop.nodeB(), true));
  }

  @Test
  void observeFlows_sameConnectionOfTwoNodes_isTheSourcesReport() {
    running.agent(Shop.nodeA(), Flows.keepsFlows(AT_SOURCE));
    running.agent(Shop.nodeB(), Flows.keepsFlows(AT_DESTINATION));

    assertThat(seconds(false, FlowFilter.ANY)).containsExactly(5);
    assertThat(collector.counters().get(CollectorCounter.FLOWS_OF_OTHER_END)).isEqualTo(1);
    assertThat(seconds(true, FlowFilter.ANY)).containsExactly(5, 6);
  }

  @Test
  void observeFlows_filterThatOnlyTheDestinationMatches_isTheDestinationsReport() {
    running.agent(Shop.nodeA(), Flows.keepsFlows(AT_SOURCE));
    running.agent(
        Shop.nodeB(), Flows.keepsFlows(AT_DESTINATION, of("t2", 7, Shop.DB_POD, Shop.db())));

    assertThat(seconds(false, to("db"))).as("both match t1, one t2").containsExactly(5, 7);
    assertThat(seconds(true, to("db"))).containsExactly(5, 6, 7);
    assertThat(seconds(false, FlowFilter.ANY)).containsExactly(5);
  }

  @Test
  void observeFlows_sourcesAgentAbsentOrFailing_isTheDestinationsReport() {
    running.agent(Shop.nodeB(), Flows.keepsFlows(AT_DESTINATION));
    assertThat(seconds(false, FlowFilter.ANY)).containsExactly(6);

    running.agent(
        Shop.nodeA(),
        (agent, message) -> {
          if (message.hasObserve()) {
            agent.say(
                AgentMessage.newBuilder()
                    .setFailed(
                        Failed.newBuilder().setRequestId(message.getObserve().getRequestId())));
          }
        });
    assertThat(seconds(false, FlowFilter.ANY)).containsExactly(6);
  }

  @Test
  void observeFlows_live_leavesOutTheOtherEnd() {
    ScriptedAgent a = running.agent(Shop.nodeA(), Flows.keepsFlows());
    ScriptedAgent b = running.agent(Shop.nodeB(), Flows.keepsFlows());
    Iterator<FlowEvent> events =
        running.query().observeFlows(ObserveFlowsRequest.newBuilder().setFollow(true).build());
    String id = request(b);
    assertThat(request(a)).isEqualTo(id);
    b.say(live(id, AT_DESTINATION));
    a.say(live(id, AT_SOURCE));
    assertThat(Flows.second(events.next().getFlow())).isEqualTo(5);
    assertThat(collector.counters().get(CollectorCounter.FLOWS_SHOWN)).isEqualTo(1);

    a.close();
    assertThat(events.next().getLost().getNode()).isEqualTo("node-a");
    b.say(live(id, of("t3", 9, Shop.DB_POD, Shop.db())));
    assertThat(Flows.second(events.next().getFlow())).isEqualTo(9);
  }

  private static AgentMessage.Builder live(String id, Flow flow) {
    return Flows.say(Flows.seen(id).addFlows(FlowCodec.encode(flow)));
  }

  private static String request(ScriptedAgent agent) {
    await()
        .atMost(5, TimeUnit.SECONDS)
        .until(() -> agent.heard().stream().anyMatch(CollectorMessage::hasObserve));
    return agent.heard().getFirst().getObserve().getRequestId();
  }
}
