package io.podhop.agent;

import io.podhop.agent.capture.CaptureLoop;
import io.podhop.agent.capture.CaptureOptions;
import io.podhop.agent.capture.FrameHandler;
import io.podhop.agent.capture.LiveCapture;
import io.podhop.agent.capture.RunningSource;
import io.podhop.agent.capture.SourceEnd;
import io.podhop.agent.correlate.Armed;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.decode.DecodeStatus;
import io.podhop.agent.decode.Decoder;
import io.podhop.agent.decode.PacketView;
import io.podhop.agent.evidence.PacketSighting;
import io.podhop.agent.flow.FlowListener;
import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.flow.FlowTable;
import io.podhop.agent.flow.FlowTimeouts;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.model.Direction;
import io.podhop.model.Flow;
import io.podhop.model.Hop;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PacketKind;
import io.podhop.model.PointCoverage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;

/** The captures of one trace on this node, from arming to the last counter. */
final class TraceSession implements AutoCloseable {
  /** Connections that one trace keeps per node, over all its points. */
  static final int MAX_CONVERSATIONS = 4096;

  private static final int RING_BYTES = 512 << 10;
  private static final int SNAPSHOT_BYTES = 384;

  /** For whole packets, the rings of all points together, and of one at most. */
  private static final int PACKET_RINGS_BYTES = 64 << 20;

  private static final int MAX_PACKET_RING_BYTES = 4 << 20;

  private static final long CAPTURE_TIMEOUT_MS = 2_000;

  private final NodeView view;
  private final CaptureLoop loop;
  private final Wanted wanted;
  private final FlowTable table;
  private final PacketView packet = new PacketView();
  private final Sightings sightings = new Sightings();
  private final ObservationPoint[] points;
  private final List<Watched> watched = new ArrayList<>();

  private TraceSession(
      NodeView view,
      List<Tap> taps,
      CaptureLoop loop,
      Wanted wanted,
      Consumer<Hop.Observed> onFirstSeen) {
    this.view = view;
    this.points = taps.stream().map(Tap::point).toArray(ObservationPoint[]::new);
    this.loop = loop;
    this.wanted = wanted;
    this.table =
        new FlowTable(
            taps.size(), MAX_CONVERSATIONS, FlowTimeouts.KEEP_ALL, new Announcing(onFirstSeen));
  }

  /**
   * Opens every tap; when this returns, all of them capture.
   *
   * @param onFirstSeen told on the capture thread of the first packet of each kind at each point
   * @throws IOException naming the point that could not be opened; none is left open then
   */
  static TraceSession arm(
      NodeView view, List<Tap> taps, Wanted wanted, Doors doors, Consumer<Hop.Observed> onFirstSeen)
      throws IOException {
    TraceSession session = new TraceSession(view, taps, doors.loop(), wanted, onFirstSeen);
    try {
      for (Tap tap : taps) {
        session.open(tap, doors.namespaces());
      }
      return session;
    } catch (IOException | RuntimeException e) {
      session.close();
      throw e;
    }
  }

  /**
   * What a session captures.
   *
   * @param filter the pcap filter of a point
   * @param also told of every frame, on the capture thread, with the index of its point
   */
  record Wanted(
      Function<ObservationPoint, String> filter, int snapshotBytes, int ringBytes, Frames also) {
    /** The headers of one conversation. */
    static Wanted headers(String filter) {
      return new Wanted(_ -> filter, SNAPSHOT_BYTES, RING_BYTES, (_, _, _, _, _, _) -> {});
    }

    /** Packets themselves, from so many points. */
    static Wanted packets(
        Function<ObservationPoint, String> filter, int snapshotBytes, int points, Frames also) {
      int share = PACKET_RINGS_BYTES / Math.max(1, points);
      int ring = Math.max(RING_BYTES, Math.min(MAX_PACKET_RING_BYTES, share));
      return new Wanted(filter, snapshotBytes, ring, also);
    }
  }

  /** Takes one frame of a point; must not block, nor keep the buffer. */
  @FunctionalInterface
  interface Frames {
    void frame(
        int point, byte[] buffer, int offset, int captured, int wireLength, long timestampNs);
  }

  /** Where packets come from: the namespaces and the loop that reads them. */
  record Doors(NamespaceThread namespaces, CaptureLoop loop) {}

  private void open(Tap tap, NamespaceThread namespaces) throws IOException {
    String filter = wanted.filter().apply(tap.point());
    CaptureOptions options =
        new CaptureOptions(
            tap.point().interfaceName(), filter, wanted.snapshotBytes(), wanted.ringBytes());
    LiveCapture capture =
        LiveCapture.open(namespaces, tap.namespace(), tap.point().netnsInode(), options);
    PointHandler handler = new PointHandler(watched.size());
    try {
      watched.add(new Watched(tap.point(), capture.fromNs(), handler, loop.add(capture, handler)));
    } catch (RuntimeException e) {
      capture.close();
      throw e;
    }
  }

  NodeView view() {
    return view;
  }

  List<ObservationPoint> points() {
    return List.of(points);
  }

  /** Stops capturing: everything the kernel had kept is read first. */
  Result finish() throws IOException {
    List<CompletableFuture<SourceEnd>> ends = new ArrayList<>();
    watched.forEach(point -> ends.add(loop.remove(point.running())));
    List<PointCoverage> coverage = new ArrayList<>();
    for (int i = 0; i < ends.size(); i++) {
      Watched point = watched.get(i);
      SourceEnd end = await(ends.get(i));
      coverage.add(
          new PointCoverage(
              point.point(),
              end.coverage(
                  wanted.filter().apply(point.point()),
                  point.fromNs(),
                  table.overflowed(i),
                  point.handler().undecoded.sum())));
    }
    return new Result(
        new Armed(coverage), await(loop.call(table::snapshot)), await(loop.call(sightings::all)));
  }

  /** What the captures saw. */
  record Result(Armed armed, List<FlowRecord> records, List<PacketSighting> sightings) {}

  private static <T> T await(CompletableFuture<T> future) throws IOException {
    try {
      return future.get(CAPTURE_TIMEOUT_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while stopping a capture", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("a capture did not stop: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    watched.forEach(
        point -> {
          var _ = loop.remove(point.running());
        });
  }

  private record Watched(
      ObservationPoint point, long fromNs, PointHandler handler, RunningSource running) {}

  /** One point's frames; runs on the capture thread, which alone writes the count. */
  private final class PointHandler implements FrameHandler {
    private final int index;
    private final LongAdder undecoded = new LongAdder();

    PointHandler(int index) {
      this.index = index;
    }

    @Override
    public void frame(
        int linkType,
        byte[] buffer,
        int offset,
        int capturedLength,
        int wireLength,
        long timestampNs) {
      wanted.also().frame(index, buffer, offset, capturedLength, wireLength, timestampNs);
      DecodeStatus status =
          Decoder.decode(linkType, buffer, offset, capturedLength, wireLength, packet);
      if (status == DecodeStatus.OK) {
        table.accept(index, packet, timestampNs);
        sightings.add(points[index], packet, timestampNs, wireLength);
      } else if (status.isUndecoded()) {
        undecoded.increment();
      }
    }
  }

  private final class Announcing implements FlowListener {
    private final Consumer<Hop.Observed> onFirstSeen;

    Announcing(Consumer<Hop.Observed> onFirstSeen) {
      this.onFirstSeen = onFirstSeen;
    }

    @Override
    public void firstSeen(
        int pointIndex, int slot, PacketKind kind, Direction direction, long timestampNs) {
      ObservationPoint point = points[pointIndex];
      table
          .record(slot)
          .seen(direction, kind)
          .ifPresent(
              seen ->
                  onFirstSeen.accept(
                      new Hop.Observed(
                          point, direction, kind, seen.tuple(), timestampNs, 1, List.of())));
    }

    /** Records are kept for the whole trace. */
    @Override
    public void ended(int slot, Flow.End end) {}

    @Override
    public void interval(int slot) {}

    @Override
    public void answer(int slot, long addressHigh, long addressLow, long ttlSeconds) {}
  }
}
