package io.podhop.agent.capture;

import io.podhop.agent.linux.LinuxException;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.PacketSocket;
import io.podhop.agent.linux.RingLayout;
import io.podhop.agent.linux.SocketFilter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An interface captured inside its own network namespace. The socket stays bound to that namespace,
 * and keeps it alive until closed: close captures of pods that are gone. Not promiscuous: packet
 * sockets see all of an interface's own traffic, and the kernel log stays quiet.
 */
public final class LiveCapture implements PacketSource {
  /** Sources that wait longer than this for a block of the kernel do not mind some more. */
  private static final int PATIENT_FROM_MS = 20;

  /** Beyond twice the block timeout, the kernel's timers being as late as they are. */
  private static final int FINISH_MARGIN_MS = 50;

  /** How often a quiet interface is looked at, if it is still there. */
  private static final long CHECK_NS = TimeUnit.MILLISECONDS.toNanos(500);

  private static final long CHECK_DOWN_NS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final Logger log = LoggerFactory.getLogger(LiveCapture.class);

  private final String name;
  private final CaptureOptions options;
  private final PacketSocket socket;
  private final int linkType;
  private final RingBlock block;
  private final long fromNs;
  private volatile String filter;
  private Ending ending = Ending.RUNNING;
  private Ending whenFinished = Ending.RUNNING;
  private long finishAfter;
  private long finishDeadline;
  private boolean down;
  private boolean failed;
  private long lastCheck = System.nanoTime();

  private LiveCapture(
      String name, CaptureOptions options, PacketSocket socket, RingLayout layout, int linkType) {
    this.name = name;
    this.options = options;
    this.socket = socket;
    this.linkType = linkType;
    this.filter = options.filter();
    boolean loopback = socket.hardwareType() == LinkTypes.ARPHRD_LOOPBACK;
    this.block = new RingBlock(new byte[layout.blockBytes()], linkType, loopback);
    this.fromNs = epochNs(InstantSource.system().instant());
  }

  /**
   * Opens the interface inside a namespace. When this returns the filter is in force, and frames
   * are being kept for the first {@link #poll}.
   *
   * @param netns such as {@code /proc/PID/ns/net} or {@code /run/netns/NAME}
   * @param netnsInode the namespace that must be there; 0 takes any
   * @throws IOException when there is no such namespace or interface, no right to capture
   *     (CAP_NET_RAW), or the filter does not compile
   */
  public static LiveCapture open(
      NamespaceThread namespaces, Path netns, long netnsInode, CaptureOptions options)
      throws IOException {
    String name = options.interfaceName() + " in " + netns;
    try {
      // Only the socket is made inside: the rest takes the kernel some 20 ms.
      PacketSocket socket =
          namespaces.inNamespace(
              netns, netnsInode, () -> PacketSocket.open(options.interfaceName()));
      return start(name, options, socket);
    } catch (LinuxException | CaptureException e) {
      throw new CaptureException("cannot capture on " + name + ": " + e.getMessage(), e);
    }
  }

  private static LiveCapture start(String name, CaptureOptions options, PacketSocket socket)
      throws IOException {
    try {
      int linkType = LinkTypes.ofHardware(socket.hardwareType());
      if (linkType == LinkTypes.UNKNOWN) {
        throw new CaptureException("link layer " + socket.hardwareType() + " is not supported");
      }
      socket.filter(FilterCompiler.compile(linkType, options.filter(), options.snapshot()));
      RingLayout layout = options.ringLayout();
      socket.start(layout);
      return new LiveCapture(name, options, socket, layout, linkType);
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  @Override
  public String name() {
    return name;
  }

  /** The pcap filter in force. */
  public String filter() {
    return filter;
  }

  /** LINKTYPE_* of the frames. */
  public int linkType() {
    return linkType;
  }

  /** Epoch nanoseconds from which every frame that passes the filter is kept. */
  public long fromNs() {
    return fromNs;
  }

  /**
   * Changes what passes the kernel's filter, from any thread, while the source is read. A packet
   * that passes both the old and the new one is neither lost nor seen twice.
   *
   * @throws IOException when the kernel refuses; the old filter then stays
   */
  public synchronized void switchTo(CaptureMode mode) throws IOException {
    if (whenFinished.reason() != Ending.Reason.RUNNING) {
      return;
    }
    socket.filter(FilterCompiler.compile(linkType, mode.filter(), options.snapshot()));
    filter = mode.filter();
  }

  @Override
  public int poll(FrameHandler handler, int limit) {
    if (ending.reason() != Ending.Reason.RUNNING) {
      return ENDED;
    }
    int count = 0;
    while (count < limit) {
      if (block.isEmpty()) {
        int length = socket.take(block.image());
        if (length == 0) {
          return count > 0 ? count : whenNothingWaits();
        }
        block.load(length);
      }
      count += block.handOn(handler, limit - count);
    }
    return count;
  }

  @Override
  public int selectableFd() {
    return socket.fd();
  }

  @Override
  public void failed() {
    failed = true;
  }

  @Override
  public boolean patient() {
    return options.blockTimeoutMs() >= PATIENT_FROM_MS;
  }

  /**
   * No packet passes any more; what did is given by {@link #poll} at the latest when the kernel has
   * handed over its open block, which takes twice the block timeout.
   */
  @Override
  public void finish() {
    finish(Ending.REMOVED);
  }

  @Override
  public CaptureStats stats() {
    PacketSocket.Counts counts = socket.counts();
    return new CaptureStats(
        block.handedOn(), counts.received(), counts.dropped() + block.damaged());
  }

  @Override
  public Ending ending() {
    return ending;
  }

  @Override
  public void close() {
    if (ending.reason() == Ending.Reason.RUNNING) {
      ending = Ending.REMOVED;
    }
    socket.close();
  }

  private synchronized void finish(Ending why) {
    if (whenFinished.reason() != Ending.Reason.RUNNING) {
      return;
    }
    whenFinished = why;
    try {
      socket.filter(SocketFilter.returning(0));
    } catch (LinuxException | IllegalStateException e) {
      log.debug("{} ends with its filter in force", name, e);
    }
    PacketSocket.Counts counts = socket.counts();
    finishAfter = counts.received() - counts.dropped();
    finishDeadline =
        System.nanoTime()
            + TimeUnit.MILLISECONDS.toNanos(2L * options.blockTimeoutMs() + FINISH_MARGIN_MS);
  }

  private int whenNothingWaits() {
    long now = System.nanoTime();
    if (whenFinished.reason() != Ending.Reason.RUNNING) {
      long taken = block.handedOn() + block.skipped() + block.damaged();
      if (taken >= finishAfter || now - finishDeadline >= 0) {
        ending = whenFinished;
        return ENDED;
      }
    } else if (failed || now - lastCheck >= (down ? CHECK_DOWN_NS : CHECK_NS)) {
      failed = false;
      lastCheck = now;
      checkInterface();
    }
    return 0;
  }

  /** The kernel says that an interface went down first, and then without a word that it is gone. */
  private void checkInterface() {
    try {
      int error = socket.takeError();
      down |= error == LinuxException.ENETDOWN;
      if (down && socket.interfaceGone()) {
        finish(new Ending(Ending.Reason.INTERFACE_GONE, "the interface disappeared"));
      } else if (error != 0 && error != LinuxException.ENETDOWN) {
        finish(new Ending(Ending.Reason.READ_FAILED, "errno " + error));
      }
    } catch (LinuxException e) {
      finish(new Ending(Ending.Reason.READ_FAILED, String.valueOf(e.getMessage())));
    }
  }

  static long epochNs(Instant instant) {
    return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
  }
}
