package io.podhop.collector.trace;

import io.podhop.collector.control.Agents;
import io.podhop.collector.control.Conversation;
import io.podhop.collector.explain.Explainer;
import io.podhop.collector.ingest.Delivery;
import io.podhop.collector.ingest.SegmentInbox;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.collector.registry.Ends;
import io.podhop.collector.registry.Names;
import io.podhop.collector.registry.Resolution;
import io.podhop.collector.registry.Source;
import io.podhop.collector.stitch.ClockOffsets;
import io.podhop.model.Unaddressed;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs traces, a bounded number at a time, each on a thread of its own. */
public final class TraceRunner implements AutoCloseable {
  /** Traces that may run at one time. */
  public static final int MAX_RUNNING = 16;

  /** A segment that no run has claimed by then is stitched by itself. */
  static final Duration UNCLAIMED = Duration.ofSeconds(5);

  /** For a long capture that the segments of others need not wait for. */
  private static final long SHIPS_NOTHING_YET = Long.MIN_VALUE;

  private static final Logger LOG = LoggerFactory.getLogger(TraceRunner.class);

  private final Names names;
  private final Agents agents;
  private final Explainer explainer;
  private final SegmentInbox inbox;
  private final Assembly assembly;
  private final Counters counters;
  private final InstantSource clock;
  private final Consumer<StitchedTrace> done;

  /** Since when, on the monotonic clock, segments that come may belong to a run. */
  private final Map<Conversation, Long> running = new ConcurrentHashMap<>();

  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          0,
          MAX_RUNNING,
          1,
          TimeUnit.MINUTES,
          new SynchronousQueue<>(),
          Thread.ofPlatform().name("podhop-trace-", 0).daemon().factory());

  /**
   * @param done takes every finished trace, also those that nobody waits for; must not throw
   */
  public TraceRunner(
      Names names,
      Agents agents,
      Explainer explainer,
      SegmentInbox inbox,
      Counters counters,
      InstantSource clock,
      Consumer<StitchedTrace> done) {
    this.names = names;
    this.agents = agents;
    this.explainer = explainer;
    this.inbox = inbox;
    this.assembly = new Assembly(inbox, new ClockOffsets(), counters, System::nanoTime);
    this.counters = counters;
    this.clock = clock;
    this.done = done;
  }

  /**
   * Starts a trace and returns at once with what cancels it.
   *
   * @param progress called on the run's thread; ends with Concluded or Refused unless cancelled
   * @param ended called last, in any case
   */
  public Runnable start(Ask ask, Consumer<Progress> progress, Runnable ended) {
    Refusals refusals =
        (usage, sentence) -> {
          counters.increment(CollectorCounter.TRACES_REFUSED);
          progress.accept(new Progress.Refused(usage, sentence));
        };
    return start(
        conversation -> {
          Optional<Unaddressed> nobody = unaddressed(ask);
          Optional<Plan> plan = nobody.isPresent() ? Optional.empty() : plan(ask, refusals);
          nobody.ifPresent(pod -> WithoutAddress.conclude(pod, ask, progress));
          if (plan.isPresent()) {
            try (Expectation expected = Expectation.of(explainer, plan.get().ends())) {
              Run.Context context = new Run.Context(expected, counters, clock, progress, done);
              new Run(plan.get(), agents, assembly, conversation, context).run();
            }
          }
        },
        refusals,
        ended);
  }

  /**
   * Starts a packet capture and returns at once with what cancels it.
   *
   * @param progress called on the run's thread, may wait a bounded time for a slow reader; ends
   *     with Ended or Refused unless cancelled
   * @param ended called last, in any case
   */
  public Runnable capture(CaptureAsk ask, Consumer<CaptureProgress> progress, Runnable ended) {
    Refusals refusals =
        (usage, sentence) -> {
          counters.increment(CollectorCounter.CAPTURES_REFUSED);
          progress.accept(new CaptureProgress.Refused(usage, sentence));
        };
    return start(
        conversation -> {
          Optional<CapturePlan> plan = plan(ask, refusals);
          if (plan.isPresent()) {
            running.put(conversation, SHIPS_NOTHING_YET);
            CaptureRun.Context context =
                new CaptureRun.Context(
                    counters, progress, done, () -> running.put(conversation, System.nanoTime()));
            new CaptureRun(plan.get(), agents, assembly, conversation, context).run();
          }
        },
        refusals,
        ended);
  }

  /**
   * Ends a capture as if its time were over; its progress goes on to Ended.
   *
   * @param captureId as {@link CaptureProgress.Started} names it
   * @return false when no such capture runs
   */
  public boolean endCapture(String captureId) {
    Optional<Conversation> capture =
        running.keySet().stream().filter(c -> c.requestId().equals(captureId)).findFirst();
    capture.ifPresent(Conversation::enough);
    return capture.isPresent();
  }

  /** What one conversation is for. */
  @FunctionalInterface
  private interface Work {
    void run(Conversation conversation) throws InterruptedException;
  }

  /** Takes the reason why there is no answer. */
  @FunctionalInterface
  private interface Refusals {
    void refuse(boolean usage, String sentence);
  }

  private Runnable start(Work work, Refusals refusals, Runnable ended) {
    Conversation conversation = agents.converse();
    try {
      threads.execute(() -> run(work, conversation, refusals, ended));
    } catch (RejectedExecutionException e) {
      conversation.close();
      refusals.refuse(
          false, MAX_RUNNING + " traces and captures are running already: try again in a moment");
      ended.run();
    }
    return conversation::cancel;
  }

  private void run(Work work, Conversation conversation, Refusals refusals, Runnable ended) {
    running.put(conversation, System.nanoTime());
    try (conversation) {
      work.run(conversation);
    } catch (InterruptedException e) {
      refusals.refuse(false, "the collector is stopping");
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("request {} failed", conversation.requestId(), e);
      refusals.refuse(false, "the collector failed on this request; its log says why");
    } finally {
      running.remove(conversation);
      ended.run();
    }
  }

  private Optional<CapturePlan> plan(CaptureAsk ask, Refusals refusals) {
    Optional<String> complaint = ask.complaint();
    if (complaint.isPresent()) {
      refusals.refuse(true, complaint.get());
      return Optional.empty();
    }
    List<Source> pods = new ArrayList<>();
    for (String text : ask.pods()) {
      Optional<Source> pod = found(names.source(text, ask.namespace()), refusals);
      if (pod.isEmpty()) {
        return Optional.empty();
      }
      if (pod.get().pod().isEmpty()) {
        refusals.refuse(true, text + " is a node; a capture takes pods");
        return Optional.empty();
      }
      pods.add(pod.get());
    }
    return Optional.of(CapturePlan.of(ask, pods));
  }

  /** An end that cannot be traced because it never got an address: that is the answer. */
  private Optional<Unaddressed> unaddressed(Ask ask) {
    return names
        .unaddressed(ask.source(), ask.namespace())
        .or(() -> names.unaddressed(ask.destination(), ask.namespace()));
  }

  private Optional<Plan> plan(Ask ask, Refusals refusals) {
    Optional<String> complaint = ask.complaint();
    if (complaint.isPresent()) {
      refusals.refuse(true, complaint.get());
      return Optional.empty();
    }
    Resolution<Ends> ends =
        names.ends(ask.source(), ask.destination(), ask.namespace(), ask.port(), ask.protocol());
    return found(ends, refusals).map(e -> new Plan(ask, e.source(), e.destination(), e.protocol()));
  }

  private static <T> Optional<T> found(Resolution<T> resolution, Refusals refusals) {
    return switch (resolution) {
      case Resolution.Found<T> found -> Optional.of(found.value());
      case Resolution.Refused<T> refused -> {
        refusals.refuse(refused.observable(), refused.sentence());
        yield Optional.empty();
      }
    };
  }

  /** Stitches segments that have waited long enough and that no run can still be waiting for. */
  public void sweep() {
    long now = System.nanoTime();
    long oldestRun =
        running.values().stream()
            .filter(start -> start != SHIPS_NOTHING_YET)
            .mapToLong(start -> now - start)
            .max()
            .orElse(0);
    List<List<Delivery>> unclaimed =
        inbox.closeAll(arrived -> now - arrived > UNCLAIMED.toNanos() && now - arrived > oldestRun);
    unclaimed.forEach(deliveries -> done.accept(assembly.assembleAlone(deliveries)));
  }

  @Override
  public void close() {
    running.keySet().forEach(Conversation::cancel);
    threads.shutdown();
    try {
      if (!threads.awaitTermination(Run.FINISH_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        threads.shutdownNow();
      }
    } catch (InterruptedException e) {
      threads.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
