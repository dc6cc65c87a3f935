package io.podhop.agent;

import io.podhop.agent.capture.CaptureLoop;
import io.podhop.agent.capture.CaptureStats;
import io.podhop.agent.capture.FrameHandler;
import io.podhop.agent.capture.Tick;
import io.podhop.agent.decode.DecodeStatus;
import io.podhop.agent.decode.Decoder;
import io.podhop.agent.flow.Evicted;
import io.podhop.agent.flow.FlowListener;
import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.flow.FlowTable;
import io.podhop.agent.flow.FlowTimeouts;
import io.podhop.agent.flow.PacketBatch;
import io.podhop.model.Direction;
import io.podhop.model.Flow;
import io.podhop.model.IpAddress;
import io.podhop.model.PacketKind;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The capture thread's half of watching: packets go in, connections that end or last come out.
 * Nothing here blocks, and packets of known connections allocate nothing.
 */
final class WatchTable implements Tick {
  /** Points that can be watched at a time: as many as the capture loop takes sources. */
  static final int MAX_POINTS = CaptureLoop.MAX_SOURCES;

  /** What a tick looks through at least; all of a large table is seen within so many ticks. */
  private static final int MIN_SWEEP = 1024;

  static final int SWEEP_TICKS = 5;

  private final FlowTable table;
  private final FlowFeed feed;
  private final PacketBatch batch;
  private final AtomicReferenceArray<@Nullable WatchPoint> points =
      new AtomicReferenceArray<>(MAX_POINTS);
  private final AtomicLongArray byStatus = new AtomicLongArray(DecodeStatus.values().length);
  private volatile Counts counts = new Counts(0, new Evicted(0, 0, 0));

  /**
   * What the table counted, as of the last tick.
   *
   * @param connections it holds now, times points
   */
  record Counts(int connections, Evicted evicted) {
    Map<String, Long> evictedByClass() {
      return Map.of(
          "closed", evicted.closed(),
          "embryonic", evicted.embryonic(),
          "established", evicted.established());
    }
  }

  WatchTable(int maxConnections, FlowTimeouts timeouts, FlowFeed feed) {
    this.feed = feed;
    this.table = new FlowTable(MAX_POINTS, maxConnections, timeouts, new Listener());
    this.batch = new PacketBatch(table);
  }

  /** The frames of one ring of a point; a point has two for the moment when its ring is changed. */
  final class Ring implements FrameHandler {
    private final WatchPoint point;
    private final int index;
    private final AtomicLong others = new AtomicLong();
    private long fromNs;
    private long untilNs = Long.MAX_VALUE;

    private Ring(WatchPoint point, long fromNs) {
      this.point = point;
      this.index = point.index();
      this.fromNs = fromNs;
    }

    /**
     * Frames from then on are this ring's and no more the other's; on the capture thread, which has
     * not read any of them yet.
     */
    boolean takeOver(Ring other, long ns) {
      other.untilNs = ns;
      fromNs = ns;
      return true;
    }

    /** The ring's counters without the frames that are another ring's. */
    CaptureStats own(CaptureStats stats) {
      return new CaptureStats(
          Math.max(0, stats.received() - others.get()),
          stats.kernelReceived(),
          stats.droppedByKernel());
    }

    @Override
    public void frame(
        int linkType,
        byte[] buffer,
        int offset,
        int capturedLength,
        int wireLength,
        long timestampNs) {
      if (timestampNs < fromNs || timestampNs >= untilNs) {
        others.lazySet(others.getPlain() + 1);
        return;
      }
      DecodeStatus status =
          Decoder.decode(linkType, buffer, offset, capturedLength, wireLength, batch.next());
      if (status == DecodeStatus.OK) {
        batch.add(index, timestampNs);
      } else {
        byStatus.lazySet(status.ordinal(), byStatus.getPlain(status.ordinal()) + 1);
        if (status.isUndecoded()) {
          point.countUndecoded();
        }
      }
    }
  }

  /**
   * Frames of a point's ring.
   *
   * @param fromNs epoch nanoseconds; earlier ones are left out
   */
  Ring ring(WatchPoint point, long fromNs) {
    points.set(point.index(), point);
    return new Ring(point, fromNs);
  }

  /** The point sends no more; its connections end within {@value #SWEEP_TICKS} ticks. */
  void removed(WatchPoint point) {
    batch.flush();
    table.removePoint(point.index());
  }

  /** Everything ends as what it is. On the capture thread, or when it is no more. */
  void finish(long nowNs) {
    batch.flush();
    table.finish(nowNs);
  }

  /** Frames that were not decoded OK, by what they were; any thread. */
  Map<String, Long> undecoded() {
    Map<String, Long> counted = new LinkedHashMap<>();
    for (DecodeStatus status : DecodeStatus.values()) {
      if (status != DecodeStatus.OK) {
        counted.put(status.name().toLowerCase(Locale.ROOT), byStatus.get(status.ordinal()));
      }
    }
    return counted;
  }

  /** Frames whose headers could not be read. */
  long undecodable() {
    return Arrays.stream(DecodeStatus.values())
        .filter(DecodeStatus::isUndecoded)
        .mapToLong(status -> byStatus.get(status.ordinal()))
        .sum();
  }

  Counts counts() {
    return counts;
  }

  @Override
  public void tick(long nowNs) {
    batch.flush();
    table.sweep(nowNs, Math.max(MIN_SWEEP, table.size() / SWEEP_TICKS + 1));
    counts = new Counts(table.size(), table.evicted());
  }

  private final class Listener implements FlowListener {
    @Override
    public void firstSeen(
        int pointIndex, int slot, PacketKind kind, Direction direction, long timestampNs) {
      // Only somebody who waits for a trace wants to know this early.
    }

    @Override
    public void ended(int slot, Flow.End end) {
      handOver(slot, false);
    }

    @Override
    public void interval(int slot) {
      handOver(slot, true);
    }

    @Override
    public void answer(int slot, long addressHigh, long addressLow, long ttlSeconds) {
      FlowTable.Question question = table.question(slot);
      WatchPoint point = points.get(question.pointIndex());
      if (point != null && !question.name().isEmpty()) {
        feed.offer(
            new FlowEvent.Answered(
                point.point(),
                question.name(),
                new IpAddress(addressHigh, addressLow),
                ttlSeconds,
                question.lastNs()));
      }
    }

    /** A flood ends more connections than anybody can take: then not even a record is made. */
    private void handOver(int slot, boolean interval) {
      if (!feed.hasRoom()) {
        return;
      }
      FlowRecord record = table.record(slot);
      WatchPoint point = points.get(record.pointIndex());
      if (point != null) {
        String mode = point.modeSince(record.firstNs()).toString();
        feed.offer(new FlowEvent.Ended(record, point.point(), mode, interval));
      }
    }
  }
}
