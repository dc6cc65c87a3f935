package io.podhop.agent.linux;

import com.sun.jna.Memory;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.Pcaps;
import org.pcap4j.packet.namednumber.DataLinkType;

/**
 * Makes the native libraries start their threads (JNA's and jnr's cleaners, the JDK's) and run
 * their helper processes now: a thread first born inside a pod's namespace would stay there and pin
 * it.
 */
final class NativeWarmUp {
  private static final int SNAPLEN_BYTES = 64;

  /** JNA's cleaner thread ends when nothing is left to clean, and would start anew anywhere. */
  private final Memory keepsJnaCleanerAlive;

  private final jnr.ffi.Pointer keepsJnrFinalizerAlive;

  NativeWarmUp() throws IOException {
    Pcaps.libVersion();
    openDeadHandle();
    keepsJnaCleanerAlive = new Memory(8);
    keepsJnrFinalizerAlive = jnr.ffi.Memory.allocateDirect(LibC.RUNTIME, 8);
    SocketChannel.open(StandardProtocolFamily.INET).close();
    SocketChannel.open(StandardProtocolFamily.INET6).close();
    DatagramChannel.open(StandardProtocolFamily.INET).close();
  }

  /** Whether the memory that keeps the cleaners alive is still held. */
  boolean alive() {
    return keepsJnaCleanerAlive.size() == 8 && keepsJnrFinalizerAlive.size() == 8;
  }

  private static void openDeadHandle() throws IOException {
    try {
      PcapHandle handle = Pcaps.openDead(DataLinkType.EN10MB, SNAPLEN_BYTES);
      handle.close();
    } catch (PcapNativeException e) {
      throw new IOException("libpcap cannot open a handle; is libpcap0.8 installed?", e);
    }
  }
}
