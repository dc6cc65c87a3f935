package io.podhop.agent.linux;

import java.io.IOException;
import java.util.Arrays;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;

/**
 * poll(2) over many file descriptors, without allocating per call. One thread polls; any thread may
 * wake it.
 */
public final class Poller implements AutoCloseable {
  private static final long POLLFD_BYTES = 8;
  private static final short POLLIN = 1;
  private static final int POLLERR = 8;
  private static final int POLLHUP = 0x10;
  private static final int POLLNVAL = 0x20;
  private static final int EFD_NONBLOCK_CLOEXEC = 0x80800;

  private final int capacity;
  private final Pointer pollFds;
  private final Pointer wakeSignal = Memory.allocateDirect(LibC.RUNTIME, 8);
  private final Pointer drained = Memory.allocateDirect(LibC.RUNTIME, 8);
  private final int[] shown;
  private final int wakeFd;
  private boolean closed;

  /**
   * @param capacity the most descriptors that one call polls
   */
  public Poller(int capacity) throws IOException {
    this.capacity = capacity;
    this.pollFds =
        Memory.allocateDirect(LibC.RUNTIME, Math.toIntExact((capacity + 1) * POLLFD_BYTES));
    this.wakeFd = LibC.CALLS.eventfd(0, EFD_NONBLOCK_CLOEXEC);
    if (wakeFd < 0) {
      throw new LinuxException("eventfd", LibC.errno());
    }
    shown = new int[capacity + 1];
    Arrays.fill(shown, -2);
    wakeSignal.putLong(0, 1);
    setPollFd(0, wakeFd);
  }

  /**
   * Waits until one of the first {@code count} descriptors is readable or failed, the time is up, a
   * signal arrives or {@link #wakeup()} is called.
   *
   * @param timeoutMs -1 waits without limit
   * @return how many of the descriptors are ready; 0 also when woken
   */
  public int poll(int[] fds, int count, int timeoutMs) throws IOException {
    if (count > capacity) {
      throw new IllegalArgumentException(count + " descriptors, room for " + capacity);
    }
    for (int i = 0; i < count; i++) {
      setPollFd(i + 1, fds[i]);
    }
    int ready = LibC.CALLS.poll(pollFds, count + 1L, timeoutMs);
    if (ready < 0) {
      int errno = LibC.errno();
      if (errno != LinuxException.EINTR) {
        throw new LinuxException("poll", errno);
      }
      clear(count);
      return 0;
    }
    if (returned(0) != 0) {
      LibC.CALLS.read(wakeFd, drained, 8);
      return ready - 1;
    }
    return ready;
  }

  /** Whether the i-th descriptor of the last call has data. */
  public boolean readable(int index) {
    return (returned(index + 1) & POLLIN) != 0;
  }

  /** Whether the i-th descriptor of the last call is in error, hung up or closed. */
  public boolean failed(int index) {
    return (returned(index + 1) & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  }

  /** Makes a waiting or the next {@link #poll} return; does nothing once closed. */
  public synchronized void wakeup() {
    if (!closed) {
      LibC.CALLS.write(wakeFd, wakeSignal, 8);
    }
  }

  /** Only when no thread polls any more. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      LibC.close(wakeFd);
    }
  }

  /** The kernel writes revents of every slot that it is shown. */
  private void setPollFd(int slot, int fd) {
    if (shown[slot] == fd) {
      return;
    }
    shown[slot] = fd;
    pollFds.putInt(slot * POLLFD_BYTES, fd);
    pollFds.putShort(slot * POLLFD_BYTES + 4, POLLIN);
    pollFds.putShort(slot * POLLFD_BYTES + 6, (short) 0);
  }

  private void clear(int count) {
    for (int slot = 0; slot <= count; slot++) {
      pollFds.putShort(slot * POLLFD_BYTES + 6, (short) 0);
    }
  }

  private int returned(int slot) {
    return pollFds.getShort(slot * POLLFD_BYTES + 6);
  }
}
