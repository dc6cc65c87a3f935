package io.podhop.collector.trace;

import io.podhop.model.Direction;
import io.podhop.model.FlowKey;
import io.podhop.model.Hop;
import io.podhop.model.Role;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/** Counts the live connections that the source's own point shows, and which were answered. */
final class Watch {
  /** How long an unanswered connection may still be answered before a watch ends. */
  static final Duration PATIENCE = Duration.ofSeconds(3);

  private final String node;
  private final boolean fromPod;
  private final int wanted;
  private final Set<FlowKey> opened = new HashSet<>();
  private final Set<FlowKey> answered = new HashSet<>();
  private long lastOpenedNanos;

  Watch(Plan plan) {
    this.node = plan.source().node();
    this.fromPod = !plan.source().pod().isEmpty();
    this.wanted = plan.ask().count();
  }

  void see(Hop hop, long nowNanos) {
    boolean first =
        hop.point().node().equals(node) && (!fromPod || hop.point().role() == Role.POD_ETH0);
    if (!first || opened.size() > Ask.MAX_COUNT || !(hop instanceof Hop.Observed seen)) {
      return;
    }
    if (seen.direction() == Direction.REQUEST && seen.packet().opens()) {
      boolean counts = opened.size() < wanted;
      if (opened.add(seen.tuple()) && counts) {
        lastOpenedNanos = nowNanos;
      }
    } else if (seen.direction() == Direction.REPLY && opened.contains(seen.tuple().reversed())) {
      answered.add(seen.tuple().reversed());
    }
  }

  boolean isDone(long nowNanos) {
    return opened.size() >= wanted
        && (answered.size() >= wanted || nowNanos - lastOpenedNanos > PATIENCE.toNanos());
  }
}
