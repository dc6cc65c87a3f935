package io.podhop.agent.capture;

import com.kenai.jffi.MemoryIO;
import com.sun.jna.Pointer;
import java.lang.reflect.Field;
import jnr.ffi.Memory;
import jnr.ffi.Runtime;
import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.PcapStat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a pcap4j handle with pcap_next_ex(3), copying the first bytes of each frame out of native
 * memory into one buffer. Nothing is allocated per frame.
 *
 * <pre>
 *   struct pcap_pkthdr on 64 bit: 0 tv_sec (8) | 8 tv_usec, here nanoseconds (8) | 16 caplen (4) | 20 len (4)
 * </pre>
 */
final class PcapReader implements AutoCloseable {
  private static final int SECONDS_AT = 0;
  private static final int NANOS_AT = 8;
  private static final int CAPTURED_AT = 16;
  private static final int LENGTH_AT = 20;
  private static final int NOTHING_WAITS = 0;
  private static final int END_OF_FILE = -2;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final Logger log = LoggerFactory.getLogger(PcapReader.class);
  private static final LibPcap LIBPCAP = LibPcap.load();
  private static final Runtime RUNTIME = Runtime.getRuntime(LIBPCAP);
  private static final MemoryIO MEMORY = MemoryIO.getInstance();

  private final PcapHandle handle;
  private final jnr.ffi.Pointer pcap;
  private final jnr.ffi.Pointer headerOut = Memory.allocateDirect(RUNTIME, 8);
  private final jnr.ffi.Pointer dataOut = Memory.allocateDirect(RUNTIME, 8);
  private final long headerOutAddress = headerOut.address();
  private final long dataOutAddress = dataOut.address();
  private final int linkType;
  private final byte[] buffer;
  private long received;
  private Ending ending = Ending.RUNNING;
  private CaptureStats kernelStats = new CaptureStats(0, 0, 0, 0);
  private boolean closed;

  /** Takes over the handle, which must not block. */
  PcapReader(PcapHandle handle, int bufferBytes) {
    this.handle = handle;
    this.pcap = jnr.ffi.Pointer.wrap(RUNTIME, nativeHandle(handle));
    this.linkType = LIBPCAP.pcap_datalink(pcap);
    this.buffer = new byte[bufferBytes];
  }

  int poll(FrameHandler handler, int limit) {
    if (ending.reason() != Ending.Reason.RUNNING) {
      return PacketSource.ENDED;
    }
    int count = 0;
    while (count < limit) {
      int result = LIBPCAP.pcap_next_ex(pcap, headerOut, dataOut);
      if (result == NOTHING_WAITS) {
        return count;
      }
      if (result < 0) {
        ending = endingOf(result);
        return count > 0 ? count : PacketSource.ENDED;
      }
      count++;
      received++;
      handOn(handler);
    }
    return count;
  }

  int selectableFd() {
    return LIBPCAP.pcap_get_selectable_fd(pcap);
  }

  Ending ending() {
    return ending;
  }

  long received() {
    return received;
  }

  /** Kernel counters included; the last known ones when the kernel cannot be asked any more. */
  CaptureStats liveStats() {
    if (!closed) {
      try {
        PcapStat stat = handle.getStats();
        kernelStats =
            new CaptureStats(
                0,
                stat.getNumPacketsReceived(),
                stat.getNumPacketsDropped(),
                stat.getNumPacketsDroppedByIf());
      } catch (PcapNativeException | NotOpenException e) {
        log.debug("no statistics of {}", handle, e);
      }
    }
    return new CaptureStats(
        received,
        kernelStats.kernelReceived(),
        kernelStats.droppedByKernel(),
        kernelStats.droppedByInterface());
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      if (ending.reason() == Ending.Reason.RUNNING) {
        ending = Ending.REMOVED;
      }
      handle.close();
    }
  }

  private void handOn(FrameHandler handler) {
    long header = MEMORY.getLong(headerOutAddress);
    int captured = Math.min(MEMORY.getInt(header + CAPTURED_AT), buffer.length);
    MEMORY.getByteArray(MEMORY.getLong(dataOutAddress), buffer, 0, captured);
    long timestampNs =
        MEMORY.getLong(header + SECONDS_AT) * NANOS_PER_SECOND + MEMORY.getLong(header + NANOS_AT);
    handler.frame(linkType, buffer, 0, captured, MEMORY.getInt(header + LENGTH_AT), timestampNs);
  }

  private Ending endingOf(int result) {
    return result == END_OF_FILE
        ? Ending.END_OF_FILE
        : Ending.ofReadError(LIBPCAP.pcap_geterr(pcap));
  }

  /** pcap4j does not bind the calls that the hot loop needs, and keeps its handle private. */
  private static long nativeHandle(PcapHandle handle) {
    try {
      Field field = PcapHandle.class.getDeclaredField("handle");
      field.setAccessible(true);
      return Pointer.nativeValue((Pointer) field.get(handle));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this pcap4j is not 1.8.2: no PcapHandle.handle", e);
    }
  }
}
