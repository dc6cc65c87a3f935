package io.podhop.agent.metrics;

import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.TcpQuality;
import io.podhop.model.Traffic;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Turns records that carry totals into what is new in each, so that a long connection, reported now
 * and then, is counted once. Remembers the connections that go on. One thread owns it.
 */
public final class Increments {
  private static final Counted NOTHING =
      new Counted(Traffic.NONE, Traffic.NONE, 0, false, false, 0, 0);

  private final int maxConnections;
  private final Map<Key, Counted> open = new LinkedHashMap<>();
  private final AtomicLong forgotten = new AtomicLong();

  /**
   * @param maxConnections that may go on at one time: as many as the flow table holds
   */
  public Increments(int maxConnections) {
    this.maxConnections = maxConnections;
  }

  /** A tuple used again begins with another first packet. */
  private record Key(String point, FlowKey tuple, long startNs) {}

  private record Counted(
      Traffic request,
      Traffic reply,
      long retransmits,
      boolean handshake,
      boolean reset,
      long lastNs,
      int records) {}

  public Increment of(Flow flow) {
    Key key = new Key(flow.point().identity(), flow.key(), flow.startNs());
    Counted known = open.remove(key);
    Counted before = known == null ? NOTHING : known;
    boolean handshake = flow.tcp().filter(tcp -> tcp.handshakeNs() >= 0).isPresent();
    boolean reset = flow.tcp().flatMap(TcpQuality::resetBy).isPresent();
    long retransmits = flow.tcp().map(TcpQuality::retransmits).orElse(0L);
    int number = before.records + 1;
    if (flow.end() == Flow.End.OPEN) {
      open.put(
          key,
          new Counted(
              flow.request(), flow.reply(), retransmits, handshake, reset, flow.endNs(), number));
      bound();
    }
    return new Increment(
        flow,
        minus(flow.request(), before.request),
        minus(flow.reply(), before.reply),
        Math.max(0, retransmits - before.retransmits),
        known == null,
        handshake && !before.handshake,
        reset && !before.reset,
        known == null ? flow.startNs() : before.lastNs,
        number);
  }

  private void bound() {
    if (open.size() > maxConnections) {
      open.remove(open.keySet().iterator().next());
      forgotten.incrementAndGet();
    }
  }

  private static Traffic minus(Traffic now, Traffic before) {
    return new Traffic(
        Math.max(0, now.packets() - before.packets()),
        Math.max(0, now.bytes() - before.bytes()),
        Math.max(0, now.payloadBytes() - before.payloadBytes()));
  }

  /** Connections whose totals were forgotten at the bound: they will be counted twice. */
  public long forgotten() {
    return forgotten.get();
  }
}
