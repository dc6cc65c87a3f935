package io.podhop.collector.trace;

import io.podhop.collector.stitch.Attempt;
import io.podhop.model.NodeEvidence;
import io.podhop.model.PointCoverage;
import io.podhop.v1.Finished;
import io.podhop.v1.Probed;
import io.podhop.wire.EvidenceCodec;
import io.podhop.wire.ModelCodec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the agents have answered to one trace so far. One thread owns it. */
final class Answers {
  private final Set<String> armed = new LinkedHashSet<>();
  private final Map<String, String> lost = new LinkedHashMap<>();
  private final Set<String> finished = new LinkedHashSet<>();
  private final List<Attempt> attempts = new ArrayList<>();
  private final Set<String> traceIds = new LinkedHashSet<>();
  private final List<PointCoverage> coverage = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final List<NodeEvidence> looked = new ArrayList<>();
  private boolean probedLast;

  void armed(String node) {
    armed.add(node);
  }

  /** A node will not answer any more, for a reason. */
  void lost(String node, String reason) {
    lost.putIfAbsent(node, reason);
  }

  void probed(Probed probed, long nowNs) {
    probedLast |= probed.getLast();
    attempts.add(
        new Attempt(
            probed.getSourcePort(),
            outcome(probed.getOutcome()),
            probed.getError(),
            nowNs - probed.getElapsedNs()));
  }

  private static Attempt.Outcome outcome(Probed.Outcome outcome) {
    return switch (outcome) {
      case OUTCOME_ANSWERED -> Attempt.Outcome.ANSWERED;
      case OUTCOME_REFUSED -> Attempt.Outcome.REFUSED;
      case OUTCOME_TIMEOUT -> Attempt.Outcome.TIMEOUT;
      case OUTCOME_FAILED, OUTCOME_UNSPECIFIED, UNRECOGNIZED -> Attempt.Outcome.FAILED;
    };
  }

  /**
   * @throws IllegalArgumentException when the message does not decode
   */
  void finished(String node, Finished message) {
    finished.add(node);
    traceIds.addAll(message.getTraceIdsList());
    message.getCoverageList().forEach(point -> coverage.add(ModelCodec.decode(point)));
    message.getNotesList().forEach(note -> notes.add(node + ": " + note));
    if (message.hasEvidence()) {
      NodeEvidence evidence = EvidenceCodec.decode(message.getEvidence());
      if (!evidence.node().equals(node)) {
        throw new IllegalArgumentException(node + " tells of " + evidence.node());
      }
      looked.add(evidence);
    }
  }

  /** Something that belongs to the evidence although no agent said it. */
  void note(String sentence) {
    notes.add(sentence);
  }

  /** Nodes that will not answer any more, with the reasons. */
  Map<String, String> lost() {
    return lost;
  }

  boolean isArmed(String node) {
    return armed.contains(node) && !lost.containsKey(node);
  }

  boolean isLost(String node) {
    return lost.containsKey(node);
  }

  boolean isFinished(String node) {
    return finished.contains(node);
  }

  String whyLost(String node) {
    return lost.getOrDefault(node, "did not answer");
  }

  boolean probedLast() {
    return probedLast;
  }

  List<Attempt> attempts() {
    return List.copyOf(attempts);
  }

  Set<String> traceIds() {
    return traceIds;
  }

  List<PointCoverage> coverage() {
    return coverage;
  }

  /** What the nodes looked up meanwhile. */
  List<NodeEvidence> looked() {
    return List.copyOf(looked);
  }

  List<String> notes() {
    return notes;
  }
}
