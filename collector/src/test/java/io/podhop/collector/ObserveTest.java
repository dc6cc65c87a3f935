package io.podhop.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Context;
import io.podhop.collector.fixture.Flows;
import io.podhop.collector.fixture.ScriptedAgent;
import io.podhop.collector.fixture.Shop;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.model.FlowFilter;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.CollectorMessage;
import io.podhop.v1.Failed;
import io.podhop.v1.FlowEvent;
import io.podhop.v1.FlowsLost;
import io.podhop.v1.ListPairsRequest;
import io.podhop.v1.ListPairsResponse;
import io.podhop.v1.Observe;
import io.podhop.v1.ObserveFlowsRequest;
import io.podhop.v1.Refusal;
import io.podhop.wire.FlowCodec;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Questions for flows and pairs to a whole collector with agents that speak the protocol. */
@Timeout(60)
class ObserveTest extends WholeCollector {
  private List<FlowEvent> last(int count) {
    List<FlowEvent> events = new ArrayList<>();
    running.query().observeFlows(question(count, false)).forEachRemaining(events::add);
    return events;
  }

  private static ObserveFlowsRequest question(int last, boolean follow) {
    return ObserveFlowsRequest.newBuilder().setLast(last).setFollow(follow).build();
  }

  private static List<Integer> seconds(List<FlowEvent> events) {
    return events.stream()
        .filter(FlowEvent::hasFlow)
        .map(event -> Flows.second(event.getFlow()))
        .toList();
  }

  private static String request(ScriptedAgent agent) {
    await()
        .atMost(5, TimeUnit.SECONDS)
        .until(() -> agent.heard().stream().anyMatch(CollectorMessage::hasObserve));
    return agent.heard().stream()
        .filter(CollectorMessage::hasObserve)
        .findFirst()
        .orElseThrow()
        .getObserve()
        .getRequestId();
  }

  private static FlowsLost nextLost(Iterator<FlowEvent> events) {
    FlowEvent event = events.next();
    while (!event.hasLost()) {
      event = events.next();
    }
    return event.getLost();
  }

  @Test
  void observeFlows_lastOverTwoNodes_areTheNewestOldestFirst() {
    ScriptedAgent a = running.agent(Shop.nodeA(), Flows.keeps(1, 4, 6, 7));
    running.agent(Shop.nodeB(), Flows.keeps(2, 3, 5, 8));

    assertThat(seconds(last(5))).containsExactly(4, 5, 6, 7, 8);
    Observe asked = a.heard().getFirst().getObserve();
    assertThat(asked.getLast()).as("some may be left out").isEqualTo(20);
    assertThat(asked.getFollow()).isFalse();
  }

  @Test
  void observeFlows_filter_reachesTheAgents() {
    ScriptedAgent a = running.agent(Shop.nodeA(), Flows.keeps(1));
    FlowFilter filter =
        new FlowFilter(
            "shop/web", "", 53, Optional.empty(), java.util.Set.of(), Optional.empty(), 5, 2);
    running
        .query()
        .observeFlows(question(3, false).toBuilder().setFilter(FlowCodec.encode(filter)).build())
        .forEachRemaining(_ -> {});

    assertThat(FlowCodec.decode(a.heard().getFirst().getObserve().getFilter())).isEqualTo(filter);
  }

  @Test
  void observeFlows_badFilter_isRefusedAsUsage() {
    running.agent(Shop.nodeA(), Flows.keeps(1));
    Refusal refusal =
        running
            .query()
            .observeFlows(
                ObserveFlowsRequest.newBuilder()
                    .setFilter(io.podhop.v1.FlowFilter.newBuilder().setIp("nowhere"))
                    .build())
            .next()
            .getRefusal();
    assertThat(refusal.getReason()).isEqualTo(Refusal.Reason.REASON_USAGE);
    assertThat(refusal.getMessage()).contains("nowhere");
  }

  @Test
  void observeFlows_noAgents_isRefused() {
    Refusal refusal = last(5).getFirst().getRefusal();
    assertThat(refusal.getReason()).isEqualTo(Refusal.Reason.REASON_NOT_OBSERVABLE);
    assertThat(refusal.getMessage()).contains("podhop agent --collector");
  }

  @Test
  void observeFlows_silentDroppingAndFailingAgents_areTold() {
    running.agent(Shop.nodeA(), (_, _) -> {});
    running.agent(
        Shop.nodeB(),
        (agent, message) -> {
          if (message.hasObserve()) {
            String id = message.getObserve().getRequestId();
            agent.say(Flows.say(Flows.seen(id, 1).setDropped(17)));
            agent.say(Flows.say(Flows.seen(id, 2).setDropped(20)));
            agent.say(
                AgentMessage.newBuilder()
                    .setFailed(Failed.newBuilder().setRequestId(id).setError("no table")));
          }
        });

    List<FlowEvent> events = last(5);
    assertThat(seconds(events)).containsExactly(1, 2);
    assertThat(events.stream().filter(FlowEvent::hasLost).map(FlowEvent::getLost))
        .extracting(lost -> lost.getNode() + " " + lost.getCount() + " " + lost.getReason())
        .containsExactly(
            "node-b 17 its agent had no room to send them",
            "node-b 3 its agent had no room to send them",
            "node-b 0 no table",
            "node-a 0 its agent did not answer within 3 s");
    assertThat(collector.counters().get(CollectorCounter.FLOWS_LOST_BY_AGENTS)).isEqualTo(20);
  }

  @Test
  void observeFlows_agentDeadBefore_isTold() {
    running.agent(Shop.nodeA(), Flows.keeps(1));
    running.agent(Shop.nodeB(), Flows.keeps(2)).close();
    await()
        .atMost(5, TimeUnit.SECONDS)
        .untilAsserted(
            () ->
                assertThat(last(5))
                    .anySatisfy(
                        event ->
                            assertThat(event.getLost())
                                .isEqualTo(
                                    FlowsLost.newBuilder()
                                        .setNode("node-b")
                                        .setReason("its agent is not connected")
                                        .build())));
  }

  @Test
  void observeFlows_follow_passesOnAsTheyComeAndAsksLateAgents() {
    ScriptedAgent a = running.agent(Shop.nodeA(), Flows.keeps(1));
    Iterator<FlowEvent> events = running.query().observeFlows(question(1, true));
    assertThat(Flows.second(events.next().getFlow())).isEqualTo(1);
    a.say(Flows.say(Flows.seen(request(a), 5)));
    assertThat(Flows.second(events.next().getFlow())).isEqualTo(5);

    ScriptedAgent late = running.agent(Shop.nodeB(), Flows.keeps(2));
    String id = request(late);
    assertThat(id).isEqualTo(request(a));
    assertThat(late.heard().getFirst().getObserve().getLast()).isZero();
    late.say(Flows.say(Flows.seen(id, 6)));
    assertThat(Flows.second(events.next().getFlow())).isEqualTo(6);

    late.close();
    FlowsLost lost = nextLost(events);
    assertThat(lost.getNode()).isEqualTo("node-b");
    assertThat(lost.getReason()).isEqualTo("its agent went away");
    ScriptedAgent again = running.agent(Shop.nodeB(), Flows.keeps());
    again.say(Flows.say(Flows.seen(request(again), 9)));
    assertThat(Flows.second(events.next().getFlow())).isEqualTo(9);
  }

  @Test
  void observeFlows_cancelled_endsTheObservationAtTheAgents() {
    ScriptedAgent a = running.agent(Shop.nodeA(), Flows.keeps(1));
    ScriptedAgent b = running.agent(Shop.nodeB(), Flows.keeps(2));
    try (Context.CancellableContext context = Context.current().withCancellation()) {
      context.run(
          () -> assertThat(running.query().observeFlows(question(1, true)).next()).isNotNull());
    }
    for (ScriptedAgent agent : List.of(a, b)) {
      await()
          .atMost(5, TimeUnit.SECONDS)
          .until(
              () ->
                  agent.heard().stream()
                      .anyMatch(
                          m ->
                              m.hasEndObserve()
                                  && m.getEndObserve().getRequestId().equals(request(agent))));
    }
  }

  @Test
  void observeFlows_readerTooSlow_isToldHowManyAreMissing() {
    ScriptedAgent a = running.agent(Shop.nodeA(), Flows.keeps());
    Iterator<FlowEvent> events = running.query().observeFlows(question(0, true));
    String id = request(a);
    int[] many = new int[1_000];
    java.util.Arrays.setAll(many, i -> i + 1);
    int sent = 0;
    while (collector.counters().get(CollectorCounter.FLOWS_NOT_SHOWN) == 0) {
      a.say(Flows.say(Flows.seen(id, many)));
      sent += many.length;
      assertThat(sent).isLessThan(1_000_000);
    }
    a.say(Flows.say(Flows.seen(id, 7)));
    await()
        .atMost(10, TimeUnit.SECONDS)
        .until(() -> a.heard().stream().anyMatch(CollectorMessage::hasObserve));
    long shown = 0;
    FlowEvent event = events.next();
    while (event.hasFlow()) {
      shown++;
      event = events.next();
    }
    assertThat(event.getLost().getNode()).isEqualTo("node-a");
    assertThat(event.getLost().getCount()).isPositive();
    assertThat(event.getLost().getReason()).isEqualTo("they came faster than they were read");
    assertThat(shown).isPositive().isLessThan(sent);
  }

  @Test
  void listPairs_twoNodes_areSummedAndSilentOnesNamed() {
    running.agent(
        Shop.nodeA(),
        Flows.pairs(Flows.pair("shop/web", "shop/db", 100), Flows.pair("shop/api", "dns", 7)));
    running.agent(Shop.nodeB(), Flows.pairs(Flows.pair("shop/web", "shop/db", 1_000)));
    running.agent(
        new io.podhop.model.NodeInventory(
            "node-c",
            Shop.NODE_B_IP,
            List.of(),
            List.of(),
            Shop.nodeB().pods(),
            List.of(),
            List.of()),
        (_, _) -> {});

    ListPairsResponse answer = running.query().listPairs(ListPairsRequest.getDefaultInstance());

    assertThat(answer.getPairsList().stream().map(FlowCodec::decode))
        .anySatisfy(
            pair -> {
              assertThat(pair.source()).isEqualTo("shop/web");
              assertThat(pair.requestBytes()).isEqualTo(1_100);
              assertThat(pair.connections()).isEqualTo(4);
              assertThat(pair.handshakeNs()).isEqualTo(1_200_000);
            })
        .hasSize(2);
    assertThat(answer.getOverflowed()).isEqualTo(2);
    assertThat(answer.getSilentNodesList()).containsExactly("node-c");
  }
}
