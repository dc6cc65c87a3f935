package io.podhop.collector.trace;

import io.podhop.collector.control.Agents;
import io.podhop.collector.control.Conversation;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Trace;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.Armed;
import io.podhop.v1.Failed;
import io.podhop.v1.Packet;
import io.podhop.v1.Packets;
import io.podhop.wire.ModelCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** One packet capture while it runs, on one thread. */
final class CaptureRun {
  /**
   * How long an agent may take to send what is left and to ship the connections it saw, of which
   * there may be thousands.
   */
  static final Duration FINISH_LIMIT = Duration.ofSeconds(10);

  /** Connections of one capture that get a verdict. */
  static final int MAX_TRACES = 1_000;

  private final CapturePlan plan;
  private final Assembly assembly;
  private final Conversation conversation;
  private final Counters counters;
  private final Consumer<CaptureProgress> progress;
  private final Consumer<StitchedTrace> done;
  private final Runnable beforeFinish;
  private final Answers answers = new Answers();
  private final Round round;

  /** For each node that is armed, the index of its first point among all. */
  private final Map<String, Integer> firstPoint = new HashMap<>();

  /** For each node that is armed, how many points it has. */
  private final Map<String, Integer> pointCount = new HashMap<>();

  private final List<ObservationPoint> points = new ArrayList<>();
  private final Map<String, Long> droppedByAgent = new HashMap<>();

  /** Of agents that armed before the last one did: nobody knows their points yet. */
  private final List<Packet> early = new ArrayList<>();

  /** An agent's word that the question itself is wrong, before the start. */
  private Optional<String> wrongUsage = Optional.empty();

  private long droppedHere;
  private long bytes;
  private boolean started;
  private boolean full;

  CaptureRun(
      CapturePlan plan,
      Agents agents,
      Assembly assembly,
      Conversation conversation,
      Context context) {
    this.plan = plan;
    this.assembly = assembly;
    this.conversation = conversation;
    this.counters = context.counters();
    this.progress = context.progress();
    this.done = context.done();
    this.beforeFinish = context.beforeFinish();
    this.round = new Round(agents, conversation, counters, answers, this::understand);
  }

  /**
   * What surrounds a capture.
   *
   * @param beforeFinish told when segments may come from now on, which are this capture's
   */
  record Context(
      Counters counters,
      Consumer<CaptureProgress> progress,
      Consumer<StitchedTrace> done,
      Runnable beforeFinish) {}

  void run() throws InterruptedException {
    List<String> nodes = plan.nodes();
    round.arm(nodes, node -> plan.arm(conversation.requestId(), node));
    List<String> armed = nodes.stream().filter(answers::isArmed).toList();
    if (round.isCancelled() || armed.isEmpty() || wrongUsage.isPresent()) {
      finish(nodes);
      counters.increment(CollectorCounter.CAPTURES_REFUSED);
      progress.accept(
          new CaptureProgress.Refused(
              wrongUsage.isPresent(), wrongUsage.orElse(String.join("; ", losses(nodes)))));
      return;
    }
    counters.increment(CollectorCounter.CAPTURES_RUN);
    progress.accept(
        new CaptureProgress.Started(conversation.requestId(), List.copyOf(points), losses(nodes)));
    started = true;
    passOn(List.copyOf(early));
    early.clear();
    round.await(
        () -> full || round.isEnough() || armed.stream().noneMatch(answers::isArmed),
        plan.ask().time());
    CaptureProgress.Why why = why(armed);
    finish(nodes);
    conclude(why, armed);
  }

  private CaptureProgress.Why why(List<String> armed) {
    if (full) {
      return CaptureProgress.Why.SIZE;
    }
    if (armed.stream().noneMatch(answers::isArmed)) {
      return CaptureProgress.Why.AGENT_LOST;
    }
    return round.isEnough() ? CaptureProgress.Why.ASKED : CaptureProgress.Why.TIME;
  }

  private void finish(List<String> nodes) throws InterruptedException {
    beforeFinish.run();
    round.finish(nodes, FINISH_LIMIT);
  }

  private void conclude(CaptureProgress.Why why, List<String> armed) {
    List<Trace> traces = assembly.assembleCaptured(answers, MAX_TRACES, done);
    if (round.isCancelled()) {
      return;
    }
    traces.forEach(trace -> progress.accept(new CaptureProgress.Traced(trace)));
    List<String> notes = new ArrayList<>(answers.notes());
    armed.stream()
        .filter(node -> !answers.isFinished(node))
        .forEach(node -> notes.add(node + ": what it captured last is missing: " + why(node)));
    droppedHere += conversation.takeLost().values().stream().mapToLong(Long::longValue).sum();
    long dropped = droppedByAgent.values().stream().mapToLong(Long::longValue).sum() + droppedHere;
    progress.accept(new CaptureProgress.Ended(why, answers.coverage(), dropped, notes));
  }

  private String why(String node) {
    return "its agent " + answers.whyLost(node).replaceFirst("^it ", "");
  }

  private List<String> losses(List<String> nodes) {
    return nodes.stream()
        .filter(answers::isLost)
        .map(node -> "nothing is captured on " + node + ": agent: " + answers.whyLost(node))
        .toList();
  }

  private void understand(String node, AgentMessage message) {
    switch (message.getMessageCase()) {
      case ARMED -> armed(node, message.getArmed());
      case PACKETS -> packets(node, message.getPackets());
      case FINISHED -> answers.finished(node, message.getFinished());
      case FAILED -> failed(node, message.getFailed());
      case HOP_SEEN -> {}
      case REGISTER, INVENTORY, PROBED, FLOWS_SEEN, PAIRS, ANSWER, MESSAGE_NOT_SET ->
          counters.increment(CollectorCounter.AGENT_MESSAGES_MALFORMED);
    }
  }

  private void failed(String node, Failed message) {
    answers.lost(node, message.getError());
    if (message.getUsage() && wrongUsage.isEmpty()) {
      wrongUsage = Optional.of(message.getError());
    }
  }

  /** An agent that arms after the start is too late: the points are told already. */
  private void armed(String node, Armed message) {
    if (started || firstPoint.containsKey(node)) {
      counters.increment(CollectorCounter.AGENT_MESSAGES_STALE);
      return;
    }
    List<ObservationPoint> own = message.getPointsList().stream().map(ModelCodec::decode).toList();
    firstPoint.put(node, points.size());
    pointCount.put(node, own.size());
    points.addAll(own);
    answers.armed(node);
  }

  private void packets(String node, Packets message) {
    Integer first = firstPoint.get(node);
    Integer count = pointCount.get(node);
    if (first == null || count == null) {
      throw new IllegalArgumentException("packets of a point that is not armed");
    }
    droppedByAgent.merge(node, message.getDropped(), Math::max);
    List<Packet> passed = new ArrayList<>(message.getPacketsCount());
    for (Packet packet : message.getPacketsList()) {
      int point = packet.getPoint();
      if (point < 0 || point >= count) {
        counters.increment(CollectorCounter.AGENT_MESSAGES_MALFORMED);
      } else if (!full) {
        passed.add(first == 0 ? packet : packet.toBuilder().setPoint(first + point).build());
        bytes += packet.getData().size();
        full = bytes >= plan.ask().maxBytes();
      }
    }
    full |= message.getFull();
    if (started) {
      passOn(passed);
    } else {
      early.addAll(passed);
    }
  }

  private void passOn(List<Packet> packets) {
    if (!packets.isEmpty()) {
      counters.add(CollectorCounter.PACKETS_SENT, packets.size());
      progress.accept(new CaptureProgress.Captured(packets));
    }
  }
}
