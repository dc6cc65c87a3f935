package io.podhop.agent.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.metrics.Flows;
import io.podhop.model.Flow;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.FlowFilter;
import io.podhop.v1.FlowsSeen;
import io.podhop.v1.Observe;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ObserversTest {
  private final List<AgentMessage> sent = new ArrayList<>();
  private boolean room = true;
  private final Observers observers = new Observers(message -> room && sent.add(message), 100);

  private static Flow to(int port) {
    return Flows.tcp(Flows.pod("db"), port, Flow.End.CLOSED, 1, 0);
  }

  private static Observe ask(String id, int last, boolean follow) {
    return Observe.newBuilder().setRequestId(id).setLast(last).setFollow(follow).build();
  }

  private List<Integer> ports() {
    return sent.stream()
        .flatMap(message -> message.getFlowsSeen().getFlowsList().stream())
        .map(flow -> flow.getKey().getDestinationPort())
        .toList();
  }

  private FlowsSeen lastSent() {
    return sent.getLast().getFlowsSeen();
  }

  @Test
  void observe_last_sendsTheNewestInOrderAndEnds() {
    for (int port = 1; port <= 150; port++) {
      observers.add(to(port));
    }
    observers.observe(ask("r", 3, false));
    assertThat(ports()).containsExactly(148, 149, 150);
    assertThat(lastSent().getEndOfLast()).isTrue();
    assertThat(observers.subscribers()).isZero();
    sent.clear();
    observers.observe(ask("r", 4000, false));
    assertThat(ports()).hasSize(100).startsWith(51);
    assertThat(sent).hasSize(2);
    assertThat(sent.getFirst().getFlowsSeen().getEndOfLast()).isFalse();
  }

  @Test
  void observe_nothingKept_saysAtOnceThatThisIsAll() {
    observers.observe(ask("r", 10, true));
    assertThat(sent).hasSize(1);
    assertThat(lastSent().getEndOfLast()).isTrue();
    assertThat(lastSent().getFlowsCount()).isZero();
  }

  @Test
  void add_follow_sendsWhatMatchesUntilTheEnd() {
    Observe request =
        ask("r", 0, true).toBuilder().setFilter(FlowFilter.newBuilder().setPort(7)).build();
    observers.observe(request);
    observers.add(to(6));
    observers.add(to(7));
    observers.flush();
    assertThat(ports()).containsExactly(7);
    observers.end("r");
    observers.add(to(7));
    observers.flush();
    assertThat(ports()).containsExactly(7);
  }

  @Test
  void add_collectorDoesNotRead_dropsBeyondTheBoundAndTells() {
    observers.observe(ask("r", 0, true));
    room = false;
    for (int i = 0; i < Subscriber.MAX_PENDING + 10; i++) {
      observers.add(to(7));
      observers.flush();
    }
    assertThat(observers.dropped()).isEqualTo(10);
    room = true;
    observers.flush();
    assertThat(ports()).hasSize(Subscriber.MAX_PENDING);
    assertThat(lastSent().getDropped()).isEqualTo(10);
    observers.end("r");
    assertThat(observers.dropped()).isEqualTo(10);
  }

  @Test
  void observe_beyondTheBound_isRefusedUntilTheStreamEnds() {
    for (int i = 0; i < Observers.MAX_SUBSCRIBERS; i++) {
      observers.observe(ask("r" + i, 0, true));
    }
    observers.observe(ask("late", 0, true));
    assertThat(sent.getLast().getFailed().getRequestId()).isEqualTo("late");
    observers.endAll();
    assertThat(observers.subscribers()).isZero();
    observers.observe(ask("late", 0, true));
    assertThat(lastSent().getEndOfLast()).isTrue();
  }

  @Test
  void observe_unreadableFilter_isRefusedInWords() {
    observers.observe(
        ask("r", 0, true).toBuilder()
            .setFilter(FlowFilter.newBuilder().addVerdicts("splendid"))
            .build());
    assertThat(sent.getLast().getFailed().getError()).contains("splendid");
    observers.observe(
        ask("r", 0, true).toBuilder().setFilter(FlowFilter.newBuilder().setIp("x/99")).build());
    assertThat(sent.getLast().getFailed().getError()).contains("x/99");
  }
}
