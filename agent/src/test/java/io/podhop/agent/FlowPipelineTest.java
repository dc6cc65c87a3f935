package io.podhop.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.podhop.agent.correlate.NodeFixture;
import io.podhop.agent.judge.SightBook;
import io.podhop.agent.judge.Thresholds;
import io.podhop.agent.metrics.FlowMetrics;
import io.podhop.agent.nat.ConntrackException;
import io.podhop.agent.observe.Observers;
import io.podhop.agent.sample.Sampling;
import io.podhop.agent.sample.TraceBudget;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FlowPipelineTest {
  private final FlowMetrics metrics = new FlowMetrics();
  private final AtomicInteger reads = new AtomicInteger();

  private FlowWork work() {
    SightBook sights = new SightBook();
    return new FlowWork(
        () -> {
          if (reads.incrementAndGet() == 1) {
            throw new IllegalStateException("the first one fails");
          }
          return NodeFixture.view(true);
        },
        sights,
        new FlowWork.Rules(Thresholds.DEFAULT, new Sampling(0), 1024),
        new FlowWork.Sinks(
            metrics,
            new Observers(_ -> true),
            new TraceMaker(sights, new TraceBudget(1, 0), _ -> {})),
        _ -> Optional.empty());
  }

  @Test
  void run_oneConnectionFails_theOthersAreCounted() {
    FlowFeed feed = new FlowFeed();
    try (FlowPipeline pipeline =
        new FlowPipeline(feed, _ -> false, work(), () -> {}, System::nanoTime)) {
      pipeline.start();
      for (int i = 0; i < 3; i++) {
        assertThat(
                feed.offer(
                    Seen.tcp(NodeFixture.tcp(NodeFixture.API, 1000 + i, NodeFixture.FAR), i, 1)
                        .at(NodeFixture.API_POD)))
            .isTrue();
      }
      await()
          .atMost(10, TimeUnit.SECONDS)
          .until(
              () -> metrics.pairs().totals().stream().mapToLong(t -> t.connections()).sum() == 2);
      assertThat(pipeline.errors()).isEqualTo(1);
    }
  }

  @Test
  void offer_fullFeed_neverWaitsAndCounts() {
    FlowFeed feed = new FlowFeed(1);
    FlowEvent event =
        Seen.tcp(NodeFixture.tcp(NodeFixture.API, 1, NodeFixture.FAR), 1, 1)
            .at(NodeFixture.API_POD);
    assertThat(feed.offer(event)).isTrue();
    assertThat(feed.offer(event)).isFalse();
    assertThat(feed.dropped()).isEqualTo(1);
    assertThat(feed.waiting()).isEqualTo(1);
  }

  @Test
  void find_beyondTheRateOrAfterAFailure_doesNotAsk() {
    AtomicLong clock = new AtomicLong();
    AtomicInteger opened = new AtomicInteger();
    NatQuestions questions =
        new NatQuestions(
            () -> {
              opened.incrementAndGet();
              throw new ConntrackException(
                  ConntrackException.Reason.NOT_PERMITTED, "not permitted", new Exception("EPERM"));
            },
            clock::get);
    var key = NodeFixture.tcp(NodeFixture.API, 1, NodeFixture.FAR);
    assertThat(questions.find(key)).isEmpty();
    assertThat(questions.find(key)).isEmpty();
    assertThat(opened).hasValue(1);
    assertThat(questions.unasked()).isEqualTo(1);
    clock.addAndGet(31_000_000_000L);
    assertThat(questions.find(key)).isEmpty();
    assertThat(opened).hasValue(2);
  }
}
