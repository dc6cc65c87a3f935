package io.podhop.agent;

import io.podhop.agent.capture.CaptureCounter;
import io.podhop.agent.capture.CaptureLoop;
import io.podhop.agent.capture.CaptureMode;
import io.podhop.agent.capture.CaptureOptions;
import io.podhop.agent.capture.CaptureStats;
import io.podhop.agent.capture.LiveCapture;
import io.podhop.agent.capture.ModePolicy;
import io.podhop.agent.capture.RingBudget;
import io.podhop.agent.capture.RunningSource;
import io.podhop.agent.capture.SourceEnd;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.judge.SightBook;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.model.Role;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches every pod of the node and every ENI, all the time: opens what came, closes what went,
 * shares the ring memory by load and lightens the load when the node cannot keep up. One thread at
 * a time; the packets are the capture thread's ({@link WatchTable}).
 */
final class Watch implements AutoCloseable {
  /** How often the rings are shared anew. */
  private static final long RINGS_EVERY_NS = TimeUnit.SECONDS.toNanos(10);

  /** A number of a point is given out again when nothing in the table can bear it any more. */
  private static final long QUARANTINE_NS = TimeUnit.SECONDS.toNanos(5);

  private static final long SWITCH_LIMIT_MS = 1_000;
  private static final long CLOSE_LIMIT_MS = 2_000;
  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);

  private final Settings settings;
  private final NamespaceThread namespaces;
  private final CaptureLoop loop;
  private final WatchTable table;
  private final SightBook sights;
  private final Map<String, Watched> watched = new HashMap<>();
  private final ArrayDeque<Freed> freed = new ArrayDeque<>();
  private final RingBudget<String> budget;
  private final ModePolicy<String> policy = new ModePolicy<>();
  private final AtomicLongArray counted = new AtomicLongArray(WatchCounter.values().length);
  private final AtomicLongArray received = new AtomicLongArray(CaptureMode.values().length);
  private final LongAdder dropped = new LongAdder();
  private int numbersGiven;
  private long ringsSharedNs;
  private boolean closed;

  /**
   * How to watch.
   *
   * @param mode of a node that keeps up; empty watches nothing
   * @param ringBytes of all rings together
   */
  record Settings(Optional<CaptureMode> mode, long ringBytes) {}

  private record Freed(int index, long atNs) {}

  Watch(
      Settings settings,
      NamespaceThread namespaces,
      CaptureLoop loop,
      WatchTable table,
      SightBook sights) {
    this.settings = settings;
    this.namespaces = namespaces;
    this.loop = loop;
    this.table = table;
    this.sights = sights;
    this.budget = new RingBudget<>(settings.ringBytes());
  }

  /** A point with the ring that is read now. */
  private static final class Watched {
    private final Tap tap;
    private final WatchPoint point;
    private final PointMeter sinceLook = new PointMeter(0);
    private final PointMeter sinceShare;
    private final PointMeter sinceTotal = new PointMeter(0);
    private Opened opened;
    private boolean lostAtLook;

    Watched(Tap tap, WatchPoint point, Opened opened) {
      this.tap = tap;
      this.point = point;
      this.opened = opened;
      this.sinceShare = new PointMeter(opened.capture().fromNs());
    }

    void sample() {
      point.sample(opened.stats());
    }

    /** Losses that a larger ring did not mend since the last look. */
    ModePolicy.Load<String> load(String identity) {
      PointMeter.Interval interval = sinceLook.next(point, 0);
      long lasting = lostAtLook ? interval.dropped() : 0;
      lostAtLook = interval.dropped() > 0;
      return new ModePolicy.Load<>(identity, interval.received(), lasting);
    }

    RingBudget.Load<String> ringLoad(String identity, long nowNs) {
      PointMeter.Interval interval = sinceShare.next(point, nowNs);
      return new RingBudget.Load<>(
          identity,
          kind(tap),
          opened.ringBytes(),
          interval.received() / Math.max(1, interval.seconds()),
          interval.dropped());
    }
  }

  private record Opened(
      WatchTable.Ring ring, LiveCapture capture, RunningSource running, int ringBytes) {
    /** As of now, not of the loop's last tick: what is noted for a time must be true then. */
    CaptureStats stats() {
      return ring.own(capture.stats());
    }
  }

  /** Opens the points that came and closes those that went. */
  synchronized void reconcile(NodeView view) {
    if (closed || settings.mode().isEmpty()) {
      return;
    }
    CaptureMode mode = settings.mode().get();
    Map<String, Tap> wanted =
        Tap.ofNode(view, namespaces.ownInode()).stream()
            .collect(Collectors.toMap(tap -> tap.point().identity(), tap -> tap, (a, _) -> a));
    watched
        .entrySet()
        .removeIf(
            entry -> {
              Watched one = entry.getValue();
              boolean went =
                  !wanted.containsKey(entry.getKey()) || one.opened.running().end().isDone();
              if (went) {
                close(one);
              }
              return went;
            });
    wanted.forEach(
        (identity, tap) -> {
          if (!watched.containsKey(identity)) {
            open(tap, mode).ifPresent(opened -> watched.put(identity, opened));
          }
        });
  }

  private Optional<Watched> open(Tap tap, CaptureMode mode) {
    int ringBytes = budget.admit(kind(tap), ringBytes());
    int index = ringBytes == 0 ? -1 : nextIndex();
    if (index < 0) {
      count(WatchCounter.REFUSED);
      return Optional.empty();
    }
    WatchPoint point = new WatchPoint(index, tap.point(), mode, nowNs());
    try {
      Opened opened = openRing(tap, point, ringBytes, 0);
      count(WatchCounter.OPENED);
      sights.opened(tap.point(), mode.filter(), opened.capture().fromNs());
      return Optional.of(new Watched(tap, point, opened));
    } catch (IOException | RejectedExecutionException e) {
      // A pod that went between the look at the node and now; it is tried again if it is there.
      count(WatchCounter.FAILED);
      freed.add(new Freed(index, nowNs()));
      LOG.debug("cannot watch {}", tap.point().label(), e);
      return Optional.empty();
    }
  }

  /**
   * @param fromNs epoch nanoseconds from which the ring's frames count
   */
  private Opened openRing(Tap tap, WatchPoint point, int ringBytes, long fromNs)
      throws IOException {
    LiveCapture capture =
        LiveCapture.open(
            namespaces,
            tap.namespace(),
            tap.point().netnsInode(),
            CaptureOptions.alwaysOn(tap.point().interfaceName(), point.mode(), ringBytes));
    try {
      WatchTable.Ring ring = table.ring(point, fromNs);
      return new Opened(ring, capture, loop.add(capture, ring), ringBytes);
    } catch (RuntimeException e) {
      capture.close();
      throw e;
    }
  }

  private int nextIndex() {
    Freed oldest = freed.peek();
    if (oldest != null && nowNs() - oldest.atNs() > QUARANTINE_NS) {
      freed.remove();
      return oldest.index();
    }
    return numbersGiven < WatchTable.MAX_POINTS ? numbersGiven++ : -1;
  }

  private void close(Watched one) {
    count(WatchCounter.CLOSED);
    freed.add(new Freed(one.point.index(), nowNs()));
    // What hangs on the end runs on the capture thread, after the point's last packet.
    var _ =
        loop.remove(one.opened.running())
            .thenAccept(
                end -> {
                  one.point.ringEnded(one.opened.ring().own(end.stats()));
                  total(one);
                  sights.closed(one.point.point(), end.toNs(), one.point.counters());
                  table.removed(one.point);
                });
  }

  /** Adds to the node's totals what the point counted since the last time. */
  private void total(Watched one) {
    PointMeter.Interval interval = one.sinceTotal.next(one.point, 0);
    received.addAndGet(one.point.mode().ordinal(), interval.received());
    dropped.add(interval.dropped());
  }

  /** Samples losses, changes modes, shares rings; about once a second. */
  synchronized void look() {
    long nowNs = nowNs();
    boolean share = nowNs - ringsSharedNs >= RINGS_EVERY_NS;
    List<ModePolicy.Load<String>> loads = new ArrayList<>();
    List<RingBudget.Load<String>> rings = new ArrayList<>();
    for (Map.Entry<String, Watched> entry : watched.entrySet()) {
      Watched one = entry.getValue();
      one.sample();
      total(one);
      sights.note(one.point.point(), nowNs, one.point.counters());
      loads.add(one.load(entry.getKey()));
      share |= one.lostAtLook;
    }
    if (share) {
      ringsSharedNs = nowNs;
      watched.forEach((identity, one) -> rings.add(one.ringLoad(identity, nowNs)));
      budget.plan(rings).forEach(this::resize);
    }
    if (settings.mode().filter(CaptureMode.HEADERS::equals).isPresent()) {
      policy.decide(TimeUnit.NANOSECONDS.toSeconds(nowNs), loads).forEach(this::change);
    }
  }

  private void change(ModePolicy.Change<String> change) {
    Watched one = watched.get(change.source());
    if (one == null) {
      return;
    }
    try {
      one.opened.capture().switchTo(change.mode());
      one.point.mode(change.mode(), nowNs());
      count(change.mode() == CaptureMode.EDGES ? WatchCounter.REDUCED : WatchCounter.RESTORED);
      LOG.info("{} is captured by its {} now", one.point.point().label(), change.mode());
    } catch (IOException e) {
      LOG.warn("{}: {}", one.point.point().label(), e.getMessage());
    }
  }

  /**
   * The new ring begins where the old one ends, by the packets' own times: none is lost between,
   * and none is read twice. The capture thread itself says when that is, between two frames.
   */
  private void resize(RingBudget.Resize<String> resize) {
    Watched one = watched.get(resize.key());
    if (one == null) {
      return;
    }
    try {
      Opened before = one.opened;
      Opened now = openRing(one.tap, one.point, resize.ringBytes(), Long.MAX_VALUE);
      if (loop.call(() -> now.ring().takeOver(before.ring(), nowNs())).isCompletedExceptionally()) {
        var _ = loop.remove(now.running());
        return;
      }
      one.opened = now;
      one.point.ringEnded(last(before));
      count(WatchCounter.RESIZED);
    } catch (IOException | RejectedExecutionException e) {
      LOG.debug("the ring of {} stays as it is", one.point.point().label(), e);
    }
  }

  /** What a ring counted to its end, or until now when the capture thread is too busy to end it. */
  private CaptureStats last(Opened before) {
    try {
      SourceEnd end = loop.remove(before.running()).get(SWITCH_LIMIT_MS, TimeUnit.MILLISECONDS);
      return before.ring().own(end.stats());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("the old ring of {} does not end: {}", before.capture().name(), e.toString());
    }
    return before.stats();
  }

  private static RingBudget.Kind kind(Tap tap) {
    return tap.point().role() == Role.POD_ETH0 ? RingBudget.Kind.POD : RingBudget.Kind.ENI;
  }

  private long ringBytes() {
    return watched.values().stream().mapToLong(one -> one.opened.ringBytes()).sum();
  }

  private void count(WatchCounter counter) {
    counted.incrementAndGet(counter.ordinal());
  }

  private long nowNs() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }

  /** How it stands; for metrics. */
  synchronized CaptureNumbers numbers() {
    WatchTable.Counts counts = table.counts();
    return new CaptureNumbers(
        Map.of(
            CaptureMode.HEADERS.toString(), received.get(CaptureMode.HEADERS.ordinal()),
            CaptureMode.EDGES.toString(), received.get(CaptureMode.EDGES.ordinal())),
        dropped.sum(),
        loop.counted(CaptureCounter.HANDLER_FAILURES),
        table.undecoded(),
        watched.size(),
        mode(),
        ringBytes(),
        counts.connections(),
        counts.evictedByClass());
  }

  /** The poorest mode that a point is in. */
  private String mode() {
    return edges().isEmpty()
        ? settings.mode().map(CaptureMode::toString).orElse("off")
        : CaptureMode.EDGES.toString();
  }

  /** The points that are seen by their edges now. */
  synchronized List<EdgePoint> edges() {
    return watched.values().stream().flatMap(one -> one.point.edges().stream()).toList();
  }

  long counted(WatchCounter counter) {
    return counted.get(counter.ordinal());
  }

  /** Ends every point; all that was captured has reached the table when this returns. */
  @Override
  public void close() {
    List<CompletableFuture<SourceEnd>> ends;
    synchronized (this) {
      closed = true;
      ends = watched.values().stream().map(one -> one.opened.running().end()).toList();
      watched.values().forEach(this::close);
      watched.clear();
    }
    try {
      CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new))
          .thenCompose(_ -> loop.call(() -> finishTable()))
          .get(CLOSE_LIMIT_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("not everything that was captured could be read to its end", e);
    }
  }

  private boolean finishTable() {
    table.finish(nowNs());
    return true;
  }
}
