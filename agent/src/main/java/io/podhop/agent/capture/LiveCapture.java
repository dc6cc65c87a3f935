package io.podhop.agent.capture;

import io.podhop.agent.linux.NamespaceThread;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import org.pcap4j.core.BpfProgram.BpfCompileMode;
import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapHandle.BlockingMode;
import org.pcap4j.core.PcapHandle.TimestampPrecision;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.PcapNetworkInterface.PromiscuousMode;

/**
 * An interface captured inside its own network namespace. The handle stays bound to that namespace,
 * and keeps it alive until closed: close captures of pods that are gone.
 */
public final class LiveCapture implements PacketSource {
  /** Not used in immediate mode; libpcap wants one. */
  private static final int TIMEOUT_MS = 10;

  private final String name;
  private final CaptureOptions options;
  private final PcapReader reader;
  private final int fd;
  private final long fromNs;

  private LiveCapture(String name, CaptureOptions options, PcapHandle handle, long fromNs) {
    this.name = name;
    this.options = options;
    this.reader = new PcapReader(handle, options.snapshotBytes());
    this.fd = reader.selectableFd();
    this.fromNs = fromNs;
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
    return namespaces.inNamespace(
        netns, netnsInode, () -> openHere(name, options, InstantSource.system()));
  }

  @Override
  public String name() {
    return name;
  }

  /** The pcap filter in force. */
  public String filter() {
    return options.filter();
  }

  /** Epoch nanoseconds from which every frame that passes the filter is kept. */
  public long fromNs() {
    return fromNs;
  }

  @Override
  public int poll(FrameHandler handler, int limit) {
    return reader.poll(handler, limit);
  }

  @Override
  public int selectableFd() {
    return fd;
  }

  @Override
  public CaptureStats stats() {
    return reader.liveStats();
  }

  @Override
  public Ending ending() {
    return reader.ending();
  }

  @Override
  public void close() {
    reader.close();
  }

  /**
   * Immediate mode: without it TPACKET_V3 holds frames back for a block's timeout. Not promiscuous:
   * packet sockets see all of an interface's own traffic, and the kernel log stays quiet.
   */
  private static LiveCapture openHere(String name, CaptureOptions options, InstantSource clock)
      throws CaptureException {
    try {
      PcapHandle handle =
          new PcapHandle.Builder(options.interfaceName())
              .snaplen(options.snapshotBytes())
              .bufferSize(options.ringBytes())
              .promiscuousMode(PromiscuousMode.NONPROMISCUOUS)
              .timeoutMillis(TIMEOUT_MS)
              .immediateMode(true)
              .timestampPrecision(TimestampPrecision.NANO)
              .build();
      return prepare(name, options, handle, clock);
    } catch (PcapNativeException | NotOpenException e) {
      throw new CaptureException("cannot capture on " + name + ": " + e.getMessage(), e);
    }
  }

  private static LiveCapture prepare(
      String name, CaptureOptions options, PcapHandle handle, InstantSource clock)
      throws PcapNativeException, NotOpenException {
    try {
      handle.setBlockingMode(BlockingMode.NONBLOCKING);
      if (!options.filter().isEmpty()) {
        handle.setFilter(options.filter(), BpfCompileMode.OPTIMIZE);
      }
      return new LiveCapture(name, options, handle, epochNs(clock.instant()));
    } catch (PcapNativeException | NotOpenException | RuntimeException e) {
      handle.close();
      throw e;
    }
  }

  static long epochNs(Instant instant) {
    return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
  }
}
