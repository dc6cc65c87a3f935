package io.podhop.agent.linux;

import com.kenai.jffi.MemoryIO;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jnr.ffi.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * A packet socket on one interface (packet(7)) with a TPACKET_V3 receive ring (Linux
 * Documentation/networking/packet_mmap.rst). It belongs to the network namespace that it was opened
 * in and keeps that namespace alive. Any thread may call any method: all but opening and closing
 * are short, and nothing touches the ring once it is unmapped.
 *
 * <pre>
 *   struct tpacket_block_desc: 0 version | 4 offset_to_priv | 8 block_status | 12 num_pkts
 *                              | 16 offset_to_first_pkt | 20 blk_len | 24 seq_num (8) | 32 times (16)
 * </pre>
 */
public final class PacketSocket implements AutoCloseable {
  private static final int AF_PACKET = 17;
  private static final int SOL_PACKET = 263;
  private static final int PACKET_RX_RING = 5;
  private static final int PACKET_STATISTICS = 6;
  private static final int PACKET_VERSION = 10;
  private static final int TPACKET_V3 = 2;
  private static final int ETH_P_ALL = 3;
  private static final int ADDRESS_BYTES = 20;
  private static final int IFINDEX_AT = 4;
  private static final int HATYPE_AT = 8;
  private static final int FRAME_BYTES = 2048;
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_SHARED = 1;
  private static final int STATUS_AT = 8;
  private static final int LENGTH_AT = 20;
  private static final int STATUS_KERNEL = 0;
  private static final int STATUS_USER = 1;
  private static final VarHandle INT =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

  private final String name;
  private final int fd;
  private final int ifindex;
  private final int hardwareType;
  private final ByteBuffer answer = LibC.direct(32);
  private final ByteBuffer answerLength = LibC.direct(4);
  private RingLayout layout = new RingLayout(4096, 2, 1);
  private @Nullable ByteBuffer ring;
  private @Nullable Pointer mapping;
  private int nextBlock;
  private long received;
  private long dropped;
  private boolean closed;

  private PacketSocket(String name, int fd, int ifindex) throws LinuxException {
    this.name = name;
    this.fd = fd;
    this.ifindex = ifindex;
    bind(0);
    this.hardwareType = Short.toUnsignedInt(address().getShort(HATYPE_AT));
  }

  /**
   * Opens a socket in the calling thread's network namespace. It receives nothing before {@link
   * #start}.
   *
   * @throws LinuxException with ENODEV when there is no such interface, EPERM without CAP_NET_RAW
   */
  public static PacketSocket open(String interfaceName) throws LinuxException {
    String name = "packet socket on " + interfaceName;
    int type = LibC.SOCK_RAW | LibC.SOCK_NONBLOCK;
    int fd = LibC.socket(AF_PACKET, type, 0, name + " (needs CAP_NET_RAW)");
    try {
      int ifindex = LibC.CALLS.if_nametoindex(interfaceName);
      if (ifindex == 0) {
        throw new LinuxException("interface " + interfaceName, LibC.errno());
      }
      return new PacketSocket(name, fd, ifindex);
    } catch (LinuxException e) {
      LibC.close(fd);
      throw e;
    }
  }

  /** ARPHRD_* of the interface, as in if_arp.h: 1 is Ethernet, 772 the loopback. */
  public int hardwareType() {
    return hardwareType;
  }

  /** For poll(2). */
  public int fd() {
    return fd;
  }

  /**
   * Sets the filter, or takes another one instead: a packet is seen by one of the two, and what was
   * kept before stays.
   */
  public synchronized void filter(SocketFilter filter) throws LinuxException {
    failIfClosed();
    ByteBuffer program = filter.encoded();
    ByteBuffer header = LibC.direct(16);
    header.putShort(0, (short) filter.instructions().size());
    header.putLong(8, Pointer.wrap(LibC.RUNTIME, program).address());
    try {
      LibC.setOption(fd, LibC.SOL_SOCKET, LibC.SO_ATTACH_FILTER, header);
    } catch (LinuxException e) {
      throw new LinuxException("set filter of " + name, e.errno());
    } finally {
      Reference.reachabilityFence(program);
    }
  }

  /** Makes the ring and receives from now on. Once only; waits for the kernel's other cores. */
  public synchronized void start(RingLayout newLayout) throws LinuxException {
    failIfClosed();
    layout = newLayout;
    LibC.setOption(fd, SOL_PACKET, PACKET_VERSION, LibC.intValue(TPACKET_V3));
    ByteBuffer request = LibC.direct(28);
    request.putInt(0, newLayout.blockBytes()).putInt(4, newLayout.blockCount());
    request.putInt(8, FRAME_BYTES).putInt(12, newLayout.ringBytes() / FRAME_BYTES);
    request.putInt(16, newLayout.retireMs());
    LibC.setOption(fd, SOL_PACKET, PACKET_RX_RING, request);
    int bytes = newLayout.ringBytes();
    Pointer address = LibC.CALLS.mmap(null, bytes, PROT_READ_WRITE, MAP_SHARED, fd, 0);
    if (address == null || address.address() == -1) {
      throw new LinuxException("map " + bytes + " bytes of ring of " + name, LibC.errno());
    }
    mapping = address;
    ring =
        MemoryIO.getInstance()
            .newDirectByteBuffer(address.address(), bytes)
            .order(ByteOrder.nativeOrder());
    bind(Short.reverseBytes((short) ETH_P_ALL));
  }

  /**
   * Copies the next block that the kernel has handed over, and gives it back to the kernel.
   *
   * @param image at least a block long
   * @return how many bytes of it are in use; 0 when none waits, or when closed
   */
  public synchronized int take(byte[] image) {
    ByteBuffer mapped = ring;
    if (mapped == null) {
      return 0;
    }
    int at = nextBlock * layout.blockBytes();
    if (((int) INT.getAcquire(mapped, at + STATUS_AT) & STATUS_USER) == 0) {
      return 0;
    }
    int used = Math.clamp(mapped.getInt(at + LENGTH_AT), 0, layout.blockBytes());
    mapped.get(at, image, 0, used);
    INT.setRelease(mapped, at + STATUS_AT, STATUS_KERNEL);
    nextBlock = nextBlock + 1 == layout.blockCount() ? 0 : nextBlock + 1;
    return used;
  }

  /** What the kernel counted since {@link #start}; the last known when closed or refused. */
  public synchronized Counts counts() {
    if (!closed) {
      try {
        ByteBuffer more = option(SOL_PACKET, PACKET_STATISTICS, 12);
        received += Integer.toUnsignedLong(more.getInt(0));
        dropped += Integer.toUnsignedLong(more.getInt(4));
      } catch (LinuxException e) {
        return new Counts(received, dropped);
      }
    }
    return new Counts(received, dropped);
  }

  /**
   * Packets that passed the filter.
   *
   * @param dropped those among the received that the ring had no room for
   */
  public record Counts(long received, long dropped) {}

  /** The pending error of the socket, an errno, which is thereby cleared; 0 when there is none. */
  public synchronized int takeError() throws LinuxException {
    return closed ? 0 : option(LibC.SOL_SOCKET, LibC.SO_ERROR, 4).getInt(0);
  }

  /** Whether the interface is there no more; one that is only down may come up again. */
  public synchronized boolean interfaceGone() throws LinuxException {
    return !closed && address().getInt(IFINDEX_AT) != ifindex;
  }

  /** Unmaps the ring and closes; waits some 20 ms for the kernel's other cores. */
  @Override
  public void close() {
    if (unmap()) {
      LibC.close(fd);
    }
  }

  private synchronized boolean unmap() {
    if (closed) {
      return false;
    }
    closed = true;
    Pointer mapped = mapping;
    if (mapped != null) {
      ring = null;
      LibC.CALLS.munmap(mapped, layout.ringBytes());
    }
    return true;
  }

  private void failIfClosed() {
    if (closed) {
      throw new IllegalStateException(name + " is closed");
    }
  }

  private void bind(int protocol) throws LinuxException {
    ByteBuffer address = LibC.direct(ADDRESS_BYTES);
    address.putShort(0, (short) AF_PACKET).putShort(2, (short) protocol);
    address.putInt(IFINDEX_AT, ifindex);
    if (LibC.CALLS.bind(fd, address, ADDRESS_BYTES) != 0) {
      throw new LinuxException("bind " + name, LibC.errno());
    }
  }

  /** A {@code struct sockaddr_ll}. */
  private ByteBuffer address() throws LinuxException {
    answerLength.putInt(0, answer.capacity());
    if (LibC.CALLS.getsockname(fd, answer, answerLength) != 0) {
      throw new LinuxException("look at " + name, LibC.errno());
    }
    return answer;
  }

  private ByteBuffer option(int level, int option, int bytes) throws LinuxException {
    answerLength.putInt(0, bytes);
    if (LibC.CALLS.getsockopt(fd, level, option, answer, answerLength) != 0) {
      throw new LinuxException("get option " + option + " of " + name, LibC.errno());
    }
    return answer;
  }
}
