package io.podhop.collector.trace;

import io.podhop.collector.control.Agents;
import io.podhop.collector.control.Conversation;
import io.podhop.collector.control.FromAgent;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.collector.stitch.Judge;
import io.podhop.model.Hop;
import io.podhop.model.Verdict;
import io.podhop.v1.AgentMessage;
import io.podhop.wire.ModelCodec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** One trace while it runs, on one thread. */
final class Run {
  /** How long an agent may take to open its captures. */
  static final Duration ARM_LIMIT = Duration.ofMillis(1_500);

  /** How long an agent may take to ship what it saw, and for each connection beyond that. */
  static final Duration FINISH_LIMIT = Duration.ofSeconds(2);

  private static final Duration FINISH_EACH = Duration.ofMillis(100);

  /** For packets still on their way when the last probe has ended. */
  static final Duration SETTLE = Duration.ofMillis(50);

  /** For the source's agent to report its last probe beyond the probes' own time. */
  static final Duration PROBE_GRACE = Duration.ofSeconds(2);

  private final Plan plan;
  private final Agents agents;
  private final Assembly assembly;
  private final Counters counters;
  private final InstantSource clock;
  private final Conversation conversation;
  private final Consumer<Progress> progress;
  private final Consumer<StitchedTrace> done;
  private final Answers answers = new Answers();
  private final Watch watch;
  private boolean isReady;
  private boolean cancelled;

  Run(Plan plan, Agents agents, Assembly assembly, Conversation conversation, Context context) {
    this.plan = plan;
    this.agents = agents;
    this.assembly = assembly;
    this.conversation = conversation;
    this.counters = context.counters();
    this.clock = context.clock();
    this.progress = context.progress();
    this.done = context.done();
    this.watch = new Watch(plan);
  }

  /** What surrounds a run. */
  record Context(
      Counters counters,
      InstantSource clock,
      Consumer<Progress> progress,
      Consumer<StitchedTrace> done) {}

  void run() throws InterruptedException {
    List<String> nodes = plan.nodes();
    String source = plan.source().node();
    arm(nodes);
    if (!answers.isArmed(source) || cancelled) {
      finish(nodes);
      counters.increment(CollectorCounter.TRACES_REFUSED);
      progress.accept(
          new Progress.Refused(
              false, "the agent on " + source + " cannot watch: " + answers.whyLost(source)));
      return;
    }
    List<String> armed = nodes.stream().filter(answers::isArmed).toList();
    progress.accept(
        new Progress.Resolved(
            plan.source().endpoint(),
            plan.destination().endpoint(),
            plan.protocol(),
            armed,
            warnings(nodes)));
    counters.increment(CollectorCounter.TRACES_RUN);
    isReady = true;
    if (plan.ask().watch()) {
      await(() -> watch.isDone(System.nanoTime()) || answers.isLost(source), plan.longest());
    } else {
      probe(source);
    }
    if (!cancelled) {
      await(() -> false, SETTLE);
    }
    finish(nodes);
    conclude(nodes);
  }

  private void arm(List<String> nodes) throws InterruptedException {
    for (String node : nodes) {
      if (!agents.send(node, plan.arm(conversation.requestId(), node))) {
        answers.lost(node, "it is not connected");
      }
    }
    await(
        () -> nodes.stream().allMatch(node -> answers.isArmed(node) || answers.isLost(node)),
        ARM_LIMIT);
    for (String node : nodes) {
      if (!answers.isArmed(node)) {
        answers.lost(node, "it did not answer within " + ARM_LIMIT.toMillis() + " ms");
      }
    }
  }

  private void probe(String source) throws InterruptedException {
    if (agents.send(source, plan.probe(conversation.requestId()))) {
      await(() -> answers.probedLast() || answers.isLost(source), plan.longest().plus(PROBE_GRACE));
    } else {
      answers.lost(source, "its stream ended");
    }
  }

  /** Also agents that did not arm in time may have armed since. */
  private void finish(List<String> nodes) throws InterruptedException {
    List<String> told =
        nodes.stream()
            .filter(node -> agents.send(node, Plan.finish(conversation.requestId())))
            .filter(answers::isArmed)
            .toList();
    if (cancelled) {
      return;
    }
    await(
        () -> told.stream().allMatch(node -> answers.isFinished(node) || answers.isLost(node)),
        FINISH_LIMIT.plus(FINISH_EACH.multipliedBy(plan.ask().count())));
  }

  private List<String> warnings(List<String> nodes) {
    List<String> warnings = new ArrayList<>(plan.destination().warnings());
    plan.source()
        .inventory()
        .warnings()
        .forEach(w -> warnings.add(plan.source().node() + ": " + w));
    nodes.stream()
        .filter(answers::isLost)
        .forEach(
            node ->
                warnings.add("nobody watches on " + node + ": agent: " + answers.whyLost(node)));
    return warnings;
  }

  private void conclude(List<String> nodes) {
    List<String> missing = nodes.stream().filter(node -> !answers.isFinished(node)).toList();
    List<StitchedTrace> traces = assembly.assemble(plan, answers, missing);
    traces.forEach(done);
    if (cancelled) {
      return;
    }
    traces.forEach(trace -> progress.accept(new Progress.Traced(trace.trace())));
    List<Verdict> verdicts = traces.stream().map(t -> t.trace().verdict()).toList();
    Verdict worst = verdicts.isEmpty() ? nothingSeen() : Judge.worst(verdicts);
    progress.accept(
        new Progress.Concluded(
            traces.size(),
            (int) verdicts.stream().filter(v -> v.id() == Verdict.Id.DELIVERED).count(),
            worst,
            traces.stream()
                .filter(t -> t.trace().verdict().equals(worst))
                .map(t -> t.trace().traceId())
                .findFirst()
                .orElse("")));
  }

  private Verdict nothingSeen() {
    String source = plan.source().node();
    if (answers.isLost(source)) {
      return Judge.notObserved(
          "the agent on " + source + " was lost: " + answers.whyLost(source),
          "nothing of the source was seen");
    }
    return plan.ask().watch()
        ? Judge.notObserved(
            "no connection between the two within " + plan.ask().timeout().toMillis() + " ms",
            "there was no traffic to judge")
        : Judge.notObserved("the source's agent sent no probe", "nothing was sent");
  }

  /** Hears agents until something is so, for a bounded time, or until nobody wants to know. */
  private void await(BooleanSupplier enough, Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!cancelled && !enough.getAsBoolean()) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        return;
      }
      long step = plan.ask().watch() ? Math.min(left, Duration.ofMillis(100).toNanos()) : left;
      conversation.next(step).ifPresent(this::hear);
    }
  }

  private void hear(FromAgent heard) {
    switch (heard) {
      case FromAgent.Cancelled _ -> cancelled = true;
      case FromAgent.Came _, FromAgent.Enough _ -> {}
      case FromAgent.Gone gone -> answers.lost(gone.node(), "its stream ended");
      case FromAgent.Said said -> {
        try {
          understand(said.node(), said.message());
        } catch (IllegalArgumentException e) {
          counters.increment(CollectorCounter.AGENT_MESSAGES_MALFORMED);
        }
      }
    }
  }

  private void understand(String node, AgentMessage message) {
    switch (message.getMessageCase()) {
      case ARMED -> answers.armed(node);
      case HOP_SEEN -> show(ModelCodec.decode(message.getHopSeen().getHop()));
      case PROBED -> answers.probed(message.getProbed(), nowNs());
      case FINISHED -> answers.finished(node, message.getFinished());
      case FAILED -> answers.lost(node, message.getFailed().getError());
      case REGISTER, INVENTORY, FLOWS_SEEN, PAIRS, PACKETS, MESSAGE_NOT_SET ->
          counters.increment(CollectorCounter.AGENT_MESSAGES_MALFORMED);
    }
  }

  private void show(Hop hop) {
    if (isReady) {
      watch.see(hop, System.nanoTime());
    }
    progress.accept(new Progress.HopSeen(hop));
  }

  private long nowNs() {
    Instant now = clock.instant();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }
}
