package io.podhop.collector.observe;

import io.podhop.model.Flow;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** The newest flows of all that were offered, by the time of their last packet. */
final class Newest {
  private static final Comparator<Flow> BY_END = Comparator.comparingLong(Flow::endNs);

  private final int limit;
  private final PriorityQueue<Flow> kept = new PriorityQueue<>(BY_END);

  Newest(int limit) {
    this.limit = limit;
  }

  void offer(Flow flow) {
    kept.add(flow);
    if (kept.size() > limit) {
      kept.remove();
    }
  }

  /** Takes all of them, oldest first. */
  List<Flow> take() {
    List<Flow> flows = new ArrayList<>(kept);
    kept.clear();
    flows.sort(BY_END);
    return flows;
  }
}
