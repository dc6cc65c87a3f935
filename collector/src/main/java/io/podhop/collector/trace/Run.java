package io.podhop.collector.trace;

import io.podhop.collector.control.Agents;
import io.podhop.collector.control.Conversation;
import io.podhop.collector.explain.Prediction;
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
import java.util.Optional;
import java.util.function.Consumer;

/** One trace while it runs, on one thread. */
final class Run {
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
  private final Expectation expected;
  private final Counters counters;
  private final InstantSource clock;
  private final Conversation conversation;
  private final Consumer<Progress> progress;
  private final Consumer<StitchedTrace> done;
  private final Answers answers = new Answers();
  private final Round round;
  private final Watch watch;
  private boolean isReady;

  Run(Plan plan, Agents agents, Assembly assembly, Conversation conversation, Context context) {
    this.plan = plan;
    this.agents = agents;
    this.assembly = assembly;
    this.conversation = conversation;
    this.expected = context.expected();
    this.counters = context.counters();
    this.clock = context.clock();
    this.progress = context.progress();
    this.done = context.done();
    this.watch = new Watch(plan);
    this.round = new Round(agents, conversation, counters, answers, this::understand);
  }

  /** What surrounds a run. */
  record Context(
      Expectation expected,
      Counters counters,
      InstantSource clock,
      Consumer<Progress> progress,
      Consumer<StitchedTrace> done) {}

  void run() throws InterruptedException {
    List<String> nodes = plan.nodes();
    String source = plan.source().node();
    round.arm(nodes, node -> plan.arm(conversation.requestId(), node));
    if (!answers.isArmed(source) || round.isCancelled()) {
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
      round.await(() -> watch.isDone(System.nanoTime()) || answers.isLost(source), plan.longest());
    } else {
      probe(source);
    }
    if (!round.isCancelled()) {
      round.await(() -> false, SETTLE);
    }
    finish(nodes);
    conclude(nodes);
  }

  private void probe(String source) throws InterruptedException {
    if (agents.send(source, plan.probe(conversation.requestId()))) {
      round.await(
          () -> answers.probedLast() || answers.isLost(source), plan.longest().plus(PROBE_GRACE));
    } else {
      answers.lost(source, "its stream ended");
    }
  }

  private void finish(List<String> nodes) throws InterruptedException {
    round.finish(nodes, FINISH_LIMIT.plus(FINISH_EACH.multipliedBy(plan.ask().count())));
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

  private void conclude(List<String> nodes) throws InterruptedException {
    List<String> missing = nodes.stream().filter(node -> !answers.isFinished(node)).toList();
    List<StitchedTrace> traces = assembly.assemble(plan, answers, missing, predicted());
    traces.forEach(done);
    if (round.isCancelled()) {
      return;
    }
    traces.forEach(trace -> progress.accept(new Progress.Traced(trace.trace())));
    List<Verdict> verdicts = traces.stream().map(t -> t.trace().verdict()).toList();
    Verdict worst = verdicts.isEmpty() ? nothingSeen() : Judge.worst(verdicts);
    progress.accept(
        new Progress.Concluded(
            traces.size(),
            (int) verdicts.stream().filter(v -> v.id() == Verdict.Id.DELIVERED).count(),
            verdicts.size() < 2
                ? worst
                : Judge.over(traces.stream().map(StitchedTrace::trace).toList()),
            traces.stream()
                .filter(t -> t.trace().verdict().equals(worst))
                .map(t -> t.trace().traceId())
                .findFirst()
                .orElse("")));
  }

  private Optional<Prediction> predicted() throws InterruptedException {
    return switch (expected.told()) {
      case Expectation.Told.Foreseen(Prediction prediction) -> Optional.of(prediction);
      case Expectation.Told.Unknown(String why) -> {
        answers.note(why);
        yield Optional.empty();
      }
    };
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

  private void understand(String node, AgentMessage message) {
    switch (message.getMessageCase()) {
      case ARMED -> answers.armed(node);
      case HOP_SEEN -> show(ModelCodec.decode(message.getHopSeen().getHop()));
      case PROBED -> answers.probed(message.getProbed(), nowNs());
      case FINISHED -> answers.finished(node, message.getFinished());
      case FAILED -> answers.lost(node, message.getFailed().getError());
      case REGISTER, INVENTORY, FLOWS_SEEN, PAIRS, PACKETS, ANSWER, MESSAGE_NOT_SET ->
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
