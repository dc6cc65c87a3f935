package io.podhop.agent.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.types.off_t;
import jnr.ffi.types.size_t;
import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;
import org.jspecify.annotations.Nullable;

/** The C library as this package uses it: jnr-posix where it has the call, jnr-ffi for the rest. */
final class LibC {
  static final int O_CLOEXEC = 0x80000;
  static final int O_NONBLOCK = 0x800;
  static final int SOCK_RAW = 3;
  static final int SOCK_CLOEXEC = 0x80000;
  static final int SOCK_NONBLOCK = 0x800;
  static final int SOL_SOCKET = 1;
  static final int SO_ERROR = 4;
  static final int SO_RCVTIMEO = 20;
  static final int SO_ATTACH_FILTER = 26;
  static final int SO_RCVBUFFORCE = 33;

  static final POSIX KERNEL = POSIXFactory.getNativePOSIX();
  static final Calls CALLS = LibraryLoader.create(Calls.class).load("c");
  static final Runtime RUNTIME = Runtime.getRuntime(CALLS);

  private LibC() {}

  /** errno of this thread's last call. */
  static int errno() {
    return RUNTIME.getLastError();
  }

  /** Opens read-only and close-on-exec, so that no child of ours pins a namespace. */
  static int openReadOnly(String path) throws LinuxException {
    int fd = KERNEL.open(path, O_CLOEXEC, 0);
    if (fd < 0) {
      throw new LinuxException("open " + path, KERNEL.errno());
    }
    return fd;
  }

  static int socket(int domain, int type, int protocol, String name) throws LinuxException {
    int fd = CALLS.socket(domain, type | SOCK_CLOEXEC, protocol);
    if (fd < 0) {
      throw new LinuxException("open " + name, errno());
    }
    return fd;
  }

  static void close(int fd) {
    KERNEL.close(fd);
  }

  static void setOption(int fd, int level, int option, ByteBuffer value) throws LinuxException {
    if (CALLS.setsockopt(fd, level, option, value, value.remaining()) != 0) {
      throw new LinuxException("set option " + option + " of level " + level, errno());
    }
  }

  static ByteBuffer intValue(int value) {
    ByteBuffer buffer = direct(4);
    return buffer.putInt(0, value);
  }

  /** A {@code struct timeval}; never zero, which would mean to wait forever. */
  static ByteBuffer timeval(Duration timeout) {
    long micros = Math.max(1000, timeout.toNanos() / 1000);
    return direct(16).putLong(0, micros / 1_000_000).putLong(8, micros % 1_000_000);
  }

  static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  /** Must be public for jnr-ffi's generated class; buffers must be direct. */
  public interface Calls {
    int setns(int fd, int type);

    int socket(int domain, int type, int protocol);

    int bind(int fd, ByteBuffer address, int length);

    int setsockopt(int fd, int level, int option, ByteBuffer value, int length);

    int getsockopt(int fd, int level, int option, ByteBuffer value, ByteBuffer length);

    int getsockname(int fd, ByteBuffer address, ByteBuffer length);

    int if_nametoindex(String name);

    Pointer mmap(
        @Nullable Pointer address,
        @size_t long length,
        int protection,
        int flags,
        int fd,
        @off_t long offset);

    int munmap(Pointer address, @size_t long length);

    long sendto(int fd, ByteBuffer data, long size, int flags, ByteBuffer address, int length);

    long recvfrom(
        int fd,
        ByteBuffer data,
        long size,
        int flags,
        @Nullable ByteBuffer address,
        @Nullable ByteBuffer length);

    int poll(Pointer fds, long count, int timeoutMs);

    int eventfd(int initial, int flags);

    long read(int fd, Pointer data, long size);

    long write(int fd, Pointer data, long size);

    int ioctl(int fd, long request, Pointer argument);

    long syscall(long number, String first, long second);

    long syscall(long number, long first, long second, long third);

    long syscall(
        long number,
        long first,
        long second,
        @Nullable Pointer third,
        @Nullable Pointer fourth,
        long fifth);
  }
}
