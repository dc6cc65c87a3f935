package io.podhop.agent;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** From who sees connections to the flows thread: never makes the capture wait. */
final class FlowFeed {
  /** Events that may wait: a second and more of what a busy node ends, some 16 MB. */
  static final int MAX_WAITING = 16_384;

  private final int maxWaiting;
  private final BlockingQueue<FlowEvent> queue;
  private final LongAdder dropped = new LongAdder();

  FlowFeed() {
    this(MAX_WAITING);
  }

  FlowFeed(int maxWaiting) {
    this.maxWaiting = maxWaiting;
    queue = new ArrayBlockingQueue<>(maxWaiting);
  }

  /** Whether another event would be taken now; when not, it counts as dropped. */
  boolean hasRoom() {
    boolean room = queue.remainingCapacity() > 0;
    if (!room) {
      dropped.increment();
    }
    return room;
  }

  /** Whether half of it is empty: for who can wait, and leaves the rest to the capture. */
  boolean hasRoomToSpare() {
    return queue.size() < maxWaiting / 2;
  }

  /** Hands over; false, and counted, when too many wait already. */
  boolean offer(FlowEvent event) {
    boolean taken = queue.offer(event);
    if (!taken) {
      dropped.increment();
    }
    return taken;
  }

  @Nullable FlowEvent poll(long milliseconds) throws InterruptedException {
    return queue.poll(milliseconds, TimeUnit.MILLISECONDS);
  }

  @Nullable FlowEvent poll() {
    return queue.poll();
  }

  int waiting() {
    return queue.size();
  }

  long dropped() {
    return dropped.sum();
  }
}
