package io.podhop.agent.observe;

import io.podhop.model.Flow;
import io.podhop.model.FlowFilter;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.FlowsSeen;
import io.podhop.wire.FlowCodec;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.function.Predicate;

/** One asker: the kept flows first, then, if wanted, new ones. Guarded by its {@link Observers}. */
final class Subscriber {
  /** New flows that may wait; kept ones wait beside them. */
  static final int MAX_PENDING = 1_024;

  /** Flows of one message: some 50 kB. */
  static final int BATCH = 64;

  private final String requestId;
  private final FlowFilter filter;
  private final boolean follow;
  private final Deque<Flow> pending = new ArrayDeque<>();
  private int keptLeft;
  private boolean endOfLastSent;
  private long dropped;

  Subscriber(String requestId, FlowFilter filter, boolean follow) {
    this.requestId = requestId;
    this.filter = filter;
    this.follow = follow;
  }

  void begin(Collection<Flow> last) {
    pending.addAll(last);
    keptLeft = last.size();
  }

  void offer(Flow flow) {
    if (!follow || !filter.matches(flow)) {
      return;
    }
    if (pending.size() - keptLeft >= MAX_PENDING) {
      dropped++;
    } else {
      pending.add(flow);
    }
  }

  /** Whether all is said and nothing more will come. */
  boolean flush(Predicate<AgentMessage> send) {
    while (!endOfLastSent || !pending.isEmpty()) {
      int count = Math.min(BATCH, endOfLastSent ? pending.size() : keptLeft);
      boolean endOfLast = !endOfLastSent && count == keptLeft;
      if (!send.test(message(count, endOfLast))) {
        return false;
      }
      for (int i = 0; i < count; i++) {
        pending.remove();
      }
      keptLeft = endOfLastSent ? 0 : keptLeft - count;
      endOfLastSent |= endOfLast;
    }
    return !follow;
  }

  private AgentMessage message(int count, boolean endOfLast) {
    FlowsSeen.Builder seen =
        FlowsSeen.newBuilder().setRequestId(requestId).setDropped(dropped).setEndOfLast(endOfLast);
    pending.stream().limit(count).map(FlowCodec::encode).forEach(seen::addFlows);
    return AgentMessage.newBuilder().setFlowsSeen(seen).build();
  }

  String requestId() {
    return requestId;
  }

  long dropped() {
    return dropped;
  }
}
