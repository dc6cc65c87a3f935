package io.podhop.agent.capture;

import java.nio.file.Path;
import org.pcap4j.core.BpfProgram.BpfCompileMode;
import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapHandle.TimestampPrecision;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.Pcaps;

/** A pcap or pcapng file, read by the same loop as a live interface. */
public final class PcapFile implements PacketSource {
  /** Bytes kept of a frame: all headers and any DNS question. */
  private static final int SNAPSHOT_BYTES = 512;

  private final String name;
  private final PcapReader reader;

  private PcapFile(String name, PcapReader reader) {
    this.name = name;
    this.reader = reader;
  }

  /**
   * Opens a file; microsecond files give timestamps in nanoseconds as well.
   *
   * @param filter pcap-filter(7); empty reads everything
   * @throws CaptureException when it is no capture file, or the filter does not compile
   */
  public static PcapFile open(Path path, String filter) throws CaptureException {
    try {
      PcapHandle handle = Pcaps.openOffline(path.toString(), TimestampPrecision.NANO);
      if (!filter.isEmpty()) {
        setFilter(handle, filter);
      }
      return new PcapFile(path.toString(), new PcapReader(handle, SNAPSHOT_BYTES));
    } catch (PcapNativeException | NotOpenException e) {
      throw new CaptureException("cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int poll(FrameHandler handler, int limit) {
    return reader.poll(handler, limit);
  }

  @Override
  public int selectableFd() {
    return -1;
  }

  @Override
  public CaptureStats stats() {
    return new CaptureStats(reader.received(), 0, 0, 0);
  }

  @Override
  public Ending ending() {
    return reader.ending();
  }

  @Override
  public void close() {
    reader.close();
  }

  private static void setFilter(PcapHandle handle, String filter)
      throws PcapNativeException, NotOpenException {
    try {
      handle.setFilter(filter, BpfCompileMode.OPTIMIZE);
    } catch (PcapNativeException e) {
      handle.close();
      throw e;
    }
  }
}
