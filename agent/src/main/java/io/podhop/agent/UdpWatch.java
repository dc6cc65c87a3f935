package io.podhop.agent;

import io.podhop.agent.capture.CaptureMode;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.flow.FlowTimeouts;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.nat.Conntrack;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.PodInfo;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of UDP where only edges are captured: looks through conntrack's table every {@value
 * #EACH_SECONDS} s and hands over what is over or goes on, as the captures do.
 *
 * <p>Looks alone are enough: conntrack keeps a UDP entry for 30 s after its last packet
 * (net.netfilter.nf_conntrack_udp_timeout), so that its last count is seen two or three times. Its
 * events would cost the node more: with somebody listening, the kernel gives every new connection,
 * TCP too, room for them and makes a message at its end before any filter of ours can refuse it. A
 * look costs the walk over the table, some 60 ns for each of its buckets, and 3 µs for each of its
 * UDP entries.
 */
final class UdpWatch implements AutoCloseable {
  private static final int EACH_SECONDS = 10;
  private static final long SECOND_NS = 1_000_000_000L;
  private static final long EACH_NS = EACH_SECONDS * SECOND_NS;

  /** Looks that take long are made less often, and at last as seldom as would lose entries. */
  private static final long MAX_EACH_NS = 25 * SECOND_NS;

  private static final long MAX_SHARE = 50;

  /** After a failure conntrack is left alone for so long. */
  private static final long PAUSE_NS = 30 * SECOND_NS;

  /** Connections that are followed, some 40 MB. */
  static final int MAX_CONNECTIONS = 65_536;

  /** Records handed over by one call: those that a look finds wait for the next ones. */
  static final int MAX_HANDED = 2_048;

  private static final Logger LOG = LoggerFactory.getLogger(UdpWatch.class);

  private final Source source;
  private final InstantSource clock;
  private final FlowFeed feed;
  private final UdpConnections connections;
  private final AtomicLongArray counted = new AtomicLongArray(UdpCounter.values().length);
  private final AtomicBoolean warned = new AtomicBoolean();
  private @Nullable Conntrack conntrack;
  private long lookedNs;
  private long eachNs;
  private boolean closed;

  /** Opens the conntrack of the node's network namespace. */
  @FunctionalInterface
  interface Source {
    Conntrack open() throws IOException;
  }

  /**
   * Opens nothing yet.
   *
   * @param maxConnections of the captures' table; no more are followed here
   * @param source asked on the thread that calls {@link #look}
   */
  UdpWatch(
      int maxConnections,
      FlowTimeouts timeouts,
      Source source,
      InstantSource clock,
      FlowFeed feed) {
    this.source = source;
    this.clock = clock;
    this.feed = feed;
    this.connections =
        new UdpConnections(Math.min(MAX_CONNECTIONS, maxConnections), timeouts, this::count);
  }

  /**
   * To be called about once a second: looks when it is time to, and hands over what is due.
   *
   * @param edges the points of which edges alone are captured now
   */
  synchronized void look(NodeView view, List<EdgePoint> edges) {
    if (closed) {
      return;
    }
    long nowNs = nowNs();
    // On most nodes there are none, and nothing is to be made of all pods every second for that.
    UdpConnections.Look look =
        edges.isEmpty() ? UdpConnections.Look.NOTHING : look(view, edges, nowNs);
    if (look.points().isEmpty()) {
      rest();
    } else if (isDue(look)) {
      look(look);
    }
    handOver(nowNs);
  }

  private static UdpConnections.Look look(NodeView view, List<EdgePoint> edges, long nowNs) {
    Map<String, EdgePoint> byIdentity =
        edges.stream()
            .collect(Collectors.toMap(edge -> edge.point().identity(), edge -> edge, (a, _) -> a));
    Map<IpAddress, EdgePoint> points = new HashMap<>();
    Set<IpAddress> pods = new HashSet<>();
    for (PodInfo pod : view.inventory().pods()) {
      pods.addAll(pod.addresses());
      EdgePoint edge = byIdentity.get(Tap.pointOf(view.inventory().node(), pod).identity());
      if (edge != null) {
        pod.addresses().forEach(address -> points.put(address, edge));
      }
    }
    return new UdpConnections.Look(nowNs, points, pods);
  }

  private void rest() {
    if (lookedNs != 0) {
      connections.rest();
      lookedNs = 0;
      closeConntrack();
    }
  }

  /** A point that went over to its edges is looked at soon: what was counted until then is old. */
  private boolean isDue(UdpConnections.Look look) {
    long sinceNs = look.atNs() - lookedNs;
    boolean failed = eachNs == PAUSE_NS;
    return sinceNs >= eachNs
        || sinceNs < 0
        || !failed
            && look.points().values().stream()
                .anyMatch(point -> point.fromHeaders() && point.sinceNs() > lookedNs);
  }

  private void look(UdpConnections.Look look) {
    lookedNs = look.atNs();
    try {
      Conntrack open = conntrack == null ? source.open() : conntrack;
      conntrack = open;
      connections.begin(look);
      boolean whole = true;
      for (IpFamily family : families(look.points().keySet())) {
        whole &= dump(open, family);
      }
      connections.end(whole);
      count(UdpCounter.LOOKS);
      eachNs = Math.clamp(MAX_SHARE * (nowNs() - look.atNs()), EACH_NS, MAX_EACH_NS);
    } catch (IOException e) {
      count(UdpCounter.FAILED);
      eachNs = PAUSE_NS;
      closeConntrack();
      LOG.warn("UDP connections are not seen for a while: {}", e.getMessage());
    }
  }

  private static Set<IpFamily> families(Set<IpAddress> addresses) {
    Set<IpFamily> families = EnumSet.noneOf(IpFamily.class);
    addresses.forEach(address -> families.add(IpFamily.of(address)));
    return families;
  }

  private boolean dump(Conntrack open, IpFamily family) throws IOException {
    Conntrack.Dump dump = open.dumpUdp(family, CaptureMode::edgesPassUdp, connections::see);
    counted.addAndGet(UdpCounter.MALFORMED.ordinal(), dump.malformed());
    if (!dump.whole()) {
      count(UdpCounter.INCOMPLETE);
    }
    return dump.whole();
  }

  /** Leaves half of the room to the captures. */
  private void handOver(long nowNs) {
    boolean more = true;
    for (int handed = 0; more && handed < MAX_HANDED && feed.hasRoomToSpare(); handed++) {
      more = handOverNext(nowNs);
    }
  }

  private boolean handOverNext(long nowNs) {
    Optional<FlowEvent.Ended> next = connections.next(nowNs);
    next.ifPresent(feed::offer);
    return next.isPresent();
  }

  private void count(UdpCounter counter) {
    counted.incrementAndGet(counter.ordinal());
    if (counter == UdpCounter.UNACCOUNTED && warned.compareAndSet(false, true)) {
      LOG.warn(
          "conntrack does not count (net.netfilter.nf_conntrack_acct = 0):"
              + " packets and bytes of UDP connections are not known in edges");
    }
  }

  /** See {@link UdpConnections#takes}. */
  boolean takes(FlowEvent event) {
    return connections.takes(event);
  }

  /** See {@link UdpConnections#find}. */
  Optional<ConntrackEntry> find(FlowKey key) {
    return connections.find(key);
  }

  /** UDP connections that are followed. */
  int followed() {
    return connections.size();
  }

  long counted(UdpCounter counter) {
    return counted.get(counter.ordinal());
  }

  private long nowNs() {
    Instant now = clock.instant();
    return now.getEpochSecond() * SECOND_NS + now.getNano();
  }

  private void closeConntrack() {
    if (conntrack != null) {
      conntrack.close();
      conntrack = null;
    }
  }

  /** Hands over what goes on as what it is. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      connections.finish();
      boolean more = true;
      while (more) {
        more = handOverNext(nowNs());
      }
      closeConntrack();
    }
  }
}
