package io.podhop.agent.observe;

import io.podhop.model.Flow;
import io.podhop.model.FlowFilter;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.Failed;
import io.podhop.v1.Observe;
import io.podhop.wire.FlowCodec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** The last flows of the node, and those who want to see them. Thread-safe. */
public final class Observers {
  /** Flows kept, the newest. */
  public static final int MAX_KEPT = 4_096;

  /** As many as the collector lets ask at one time. */
  public static final int MAX_SUBSCRIBERS = 32;

  private final Predicate<AgentMessage> send;
  private final int maxKept;
  private final Deque<Flow> kept = new ArrayDeque<>();
  private final Map<String, Subscriber> subscribers = new LinkedHashMap<>();
  private long droppedByEnded;

  /**
   * @param send takes a message, or returns false when there is no room for it now; must not block
   */
  public Observers(Predicate<AgentMessage> send) {
    this(send, MAX_KEPT);
  }

  Observers(Predicate<AgentMessage> send, int maxKept) {
    this.send = send;
    this.maxKept = maxKept;
  }

  /** Begins to answer; what cannot be answered is said with Failed. */
  public synchronized void observe(Observe request) {
    String id = request.getRequestId();
    FlowFilter filter;
    try {
      filter = FlowCodec.decode(request.getFilter());
    } catch (IllegalArgumentException e) {
      refuse(id, "the filter cannot be read: " + e.getMessage());
      return;
    }
    if (subscribers.size() >= MAX_SUBSCRIBERS) {
      refuse(id, MAX_SUBSCRIBERS + " people watch this node's flows already");
      return;
    }
    Subscriber subscriber = new Subscriber(id, filter, request.getFollow());
    subscriber.begin(lastMatching(filter, Integer.toUnsignedLong(request.getLast())));
    subscribers.put(id, subscriber);
    flush();
  }

  private void refuse(String requestId, String sentence) {
    var _ =
        send.test(
            AgentMessage.newBuilder()
                .setFailed(Failed.newBuilder().setRequestId(requestId).setError(sentence))
                .build());
  }

  private List<Flow> lastMatching(FlowFilter filter, long last) {
    List<Flow> found = new ArrayList<>();
    var newestFirst = kept.descendingIterator();
    while (newestFirst.hasNext() && found.size() < last) {
      Flow flow = newestFirst.next();
      if (filter.matches(flow)) {
        found.add(flow);
      }
    }
    return found.reversed();
  }

  public synchronized void end(String requestId) {
    Subscriber ended = subscribers.remove(requestId);
    droppedByEnded += ended == null ? 0 : ended.dropped();
  }

  /** Nobody is left to tell: the stream that they asked on has ended. */
  public synchronized void endAll() {
    List.copyOf(subscribers.keySet()).forEach(this::end);
  }

  /** A flow has ended, or goes on for another interval. */
  public synchronized void add(Flow flow) {
    kept.add(flow);
    if (kept.size() > maxKept) {
      kept.remove();
    }
    subscribers.values().forEach(subscriber -> subscriber.offer(flow));
  }

  /** Sends what waits, as far as there is room. */
  public synchronized void flush() {
    List<String> done = new ArrayList<>();
    for (Subscriber subscriber : subscribers.values()) {
      if (subscriber.flush(send)) {
        done.add(subscriber.requestId());
      }
    }
    done.forEach(this::end);
  }

  public synchronized int subscribers() {
    return subscribers.size();
  }

  /** Flows that matched somebody's filter and found no room. */
  public synchronized long dropped() {
    return droppedByEnded + subscribers.values().stream().mapToLong(Subscriber::dropped).sum();
  }
}
