package io.podhop.agent.evidence;

import io.podhop.agent.linux.TraceFs;
import io.podhop.agent.linux.TraceInstance;
import io.podhop.model.NodeEvidence.KernelDrop;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records, from opening to closing, which packets the kernel dropped and why (skb/kfree_skb), in a
 * trace instance of its own that is gone afterwards. Where nobody traces, it costs nothing. The
 * events are machine-wide: {@link DropJoin} finds those of the captured packets.
 */
final class KernelDrops implements AutoCloseable {
  /** Beginning of the instances' names. */
  static final String PREFIX = "podhop-";

  private static final Logger LOG = LoggerFactory.getLogger(KernelDrops.class);
  private static final String DROPPED = "skb/kfree_skb";
  private static final List<String> PASSED =
      List.of(
          "net/netif_rx", "net/netif_receive_skb", "net/net_dev_queue", "net/net_dev_start_xmit");
  private static final Pattern DEVICE = Pattern.compile("[A-Za-z0-9_.@-]{1,15}");

  /** The kernel refuses a filter that is longer than a page. */
  private static final int MAX_FILTER = 4000;

  /** All processors' buffers together, and one's at least. */
  private static final int BUFFERS_KIB = 8 << 10;

  private static final int BUFFER_KIB = 64;

  /** Events that are read, some seconds of a busy node: then nothing more is recorded. */
  private static final int MAX_EVENTS = 500_000;

  /** Captures stamp and the kernel tells within a few microseconds, unless it is interrupted. */
  private static final long WINDOW_NS = 200_000;

  private static final long POLL_MS = 50;
  private static final long JOIN_MS = 2_000;

  private final TraceFs traceFs;
  private final TraceInstance instance;
  private final DropJoin join = new DropJoin();
  private final CountDownLatch ending = new CountDownLatch(1);
  private final Thread reader;
  private int events;
  private @Nullable IOException failure;
  private boolean closed;

  private KernelDrops(TraceFs traceFs, TraceInstance instance) {
    this.traceFs = traceFs;
    this.instance = instance;
    this.reader = Thread.ofPlatform().daemon().name("podhop-drops").unstarted(this::follow);
  }

  /**
   * Removes what killed agents left behind.
   *
   * @return how many trace instances were removed
   * @throws IOException when there is no tracefs
   */
  static int removeAbandoned() throws IOException {
    try (TraceFs traceFs = TraceFs.open()) {
      return traceFs.removeAbandoned(PREFIX);
    }
  }

  /**
   * Begins to record.
   *
   * @param devices interfaces whose packets are of interest
   * @throws IOException when the kernel does not offer this; nothing is left behind then
   */
  static KernelDrops open(Collection<String> devices) throws IOException {
    TraceFs traceFs = TraceFs.open();
    try {
      TraceInstance instance = TraceInstance.create(traceFs, PREFIX);
      try {
        configure(instance, devices);
        KernelDrops drops = new KernelDrops(traceFs, instance);
        drops.reader.start();
        return drops;
      } catch (IOException | RuntimeException e) {
        instance.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      traceFs.close();
      throw e;
    }
  }

  private static void configure(TraceInstance instance, Collection<String> devices)
      throws IOException {
    if (!instance.hasEvent(DROPPED)) {
      throw new IOException("the kernel has no trace event " + DROPPED);
    }
    String format = instance.read("events/" + DROPPED + "/format");
    if (!DropReasons.told(format)) {
      throw new IOException("the kernel tells no drop reasons (it does since Linux 5.17)");
    }
    int size = Math.max(BUFFER_KIB, BUFFERS_KIB / instance.processors());
    instance.write("buffer_size_kb", Integer.toString(size));
    instance.write("trace_clock", "mono");
    instance.write("events/" + DROPPED + "/filter", DropReasons.filter(format));
    String filter = filter(devices);
    for (String event : PASSED) {
      instance.write("events/" + event + "/filter", filter);
      instance.write("events/" + event + "/enable", "1");
    }
    instance.write("events/" + DROPPED + "/enable", "1");
  }

  /** Lets only these devices through; all when the kernel could not take so long a filter. */
  static String filter(Collection<String> devices) {
    String filter =
        devices.stream()
            .filter(name -> DEVICE.matcher(name).matches())
            .distinct()
            .map(name -> "name == \"" + name + "\"")
            .collect(Collectors.joining(" || "));
    return filter.isEmpty() || filter.length() > MAX_FILTER ? "0" : filter;
  }

  /**
   * Ends the recording and says which captured packets were dropped.
   *
   * @param unavailable takes a sentence when something may be missing
   * @throws IOException when the events could not be read
   */
  synchronized List<KernelDrop> finish(List<PacketSighting> sightings, Consumer<String> unavailable)
      throws IOException {
    if (closed) {
      throw new IOException("closed");
    }
    endReading();
    if (reader.isAlive()) {
      throw new IOException("the reader of trace events did not end");
    }
    if (failure != null) {
      throw failure;
    }
    if (join.lost() > 0) {
      unavailable.accept("kernel drops: " + join.lost() + " trace events were lost");
    }
    if (events > MAX_EVENTS || join.forgot() || join.dropsBeyond() > 0) {
      unavailable.accept("kernel drops: too many packets passed to remember all");
    }
    return join.match(sightings, realtimeMinusMonotonicNs(), WINDOW_NS);
  }

  /** Name of its trace instance. */
  String instanceName() {
    return instance.name();
  }

  /** Switches the events off and removes the instance. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    endReading();
    try {
      instance.close();
    } catch (IOException e) {
      LOG.warn("trace instance {} could not be removed: {}", instance.name(), e.getMessage());
    } finally {
      traceFs.close();
    }
  }

  private void endReading() {
    ending.countDown();
    try {
      reader.join(JOIN_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void follow() {
    try {
      boolean last = false;
      while (!last) {
        last = ending.await(POLL_MS, TimeUnit.MILLISECONDS);
        if (last || events > MAX_EVENTS) {
          instance.write("tracing_on", "0");
          last = true;
        }
        instance.drain(this::accept);
      }
    } catch (IOException e) {
      failure = e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failure = new IOException("interrupted while reading trace events", e);
    }
  }

  private void accept(String line) {
    events++;
    if (events <= MAX_EVENTS) {
      TraceEvent.parse(line).ifPresent(join::accept);
    }
  }

  /**
   * The events' clock and {@link System#nanoTime} are both CLOCK_MONOTONIC. Of some readings the
   * one that was interrupted least counts.
   */
  private static long realtimeMinusMonotonicNs() {
    List<long[]> readings = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      long before = System.nanoTime();
      Instant now = Instant.now();
      long after = System.nanoTime();
      long realtime = now.getEpochSecond() * 1_000_000_000L + now.getNano();
      readings.add(new long[] {after - before, realtime - (before + after) / 2});
    }
    readings.sort((a, b) -> Long.compare(a[0], b[0]));
    return readings.getFirst()[1];
  }
}
