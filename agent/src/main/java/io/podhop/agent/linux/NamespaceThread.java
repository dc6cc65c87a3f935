package io.podhop.agent.linux;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only thread that enters other network namespaces (setns(2)): a platform thread, because a
 * virtual thread would leave its carrier there. What work opens inside (pcap handle, socket) stays
 * bound to that namespace and is used from any thread. Work must start no thread and no process,
 * and not wait for other work of this thread.
 */
public final class NamespaceThread implements AutoCloseable {
  /** Work that may wait for the thread; more is refused. */
  public static final int QUEUE_BOUND = 64;

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Path CURRENT = Path.of("/proc/thread-self/ns/net");
  private static final int CLONE_NEWNET = 0x4000_0000;
  private static final Logger log = LoggerFactory.getLogger(NamespaceThread.class);

  private final LinuxCounters counters;
  private final Duration timeout;
  private final NativeWarmUp warmUp;
  private final int ownFd;
  private final long ownInode;
  private final BlockingQueue<Job<?>> queue = new ArrayBlockingQueue<>(QUEUE_BOUND);
  private final Thread thread;
  private volatile @Nullable NamespaceLostError lost;
  private volatile boolean closed;

  /**
   * @throws IOException when libpcap or /proc cannot be used
   */
  public NamespaceThread(LinuxCounters counters) throws IOException {
    this(counters, TIMEOUT);
  }

  /**
   * @param timeout how long a caller waits, for its turn and its work together
   */
  public NamespaceThread(LinuxCounters counters, Duration timeout) throws IOException {
    this.counters = counters;
    this.timeout = timeout;
    this.warmUp = new NativeWarmUp();
    this.ownInode = currentInode();
    this.ownFd = LibC.openReadOnly(CURRENT.toString());
    this.thread = new EnteringThread(this::serve);
    thread.start();
  }

  /** Whether the caller runs on a thread that may stand in another network namespace. */
  public static boolean isCurrent() {
    return Thread.currentThread() instanceof EnteringThread;
  }

  /** Inode of the network namespace that the process lives in. */
  public long ownInode() {
    return ownInode;
  }

  /**
   * Runs work inside the namespace at a path such as {@code /proc/PID/ns/net}.
   *
   * @throws NamespaceGoneException when there is no such namespace any more
   * @throws LinuxException when the kernel refuses, for instance without CAP_SYS_ADMIN
   * @throws IOException what the work threw, or when the thread is busy for too long
   * @throws NamespaceLostError when the own namespace could not be restored: end the process
   */
  public <T> T inNamespace(Path nsPath, Callable<T> work) throws IOException {
    return submit(new Job<>(nsPath, 0, work));
  }

  /**
   * As {@link #inNamespace(Path, Callable)}, but only when the namespace has this inode: a pid that
   * was given to another process is reported as gone.
   */
  public <T> T inNamespace(Path nsPath, long inode, Callable<T> work) throws IOException {
    return submit(new Job<>(nsPath, inode, work));
  }

  /** Lets the running work end, refuses what waits. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      if (!thread.join(timeout)) {
        log.warn("thread {} is still busy; it ends with its work", thread.getName());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private <T> T submit(Job<T> job) throws IOException {
    if (isCurrent()) {
      throw new IllegalStateException("already inside a namespace: entering another would hang");
    }
    failIfEnded();
    if (!queue.offer(job)) {
      counters.count(LinuxCounter.NAMESPACE_QUEUE_FULL);
      throw new IOException(
          QUEUE_BOUND + " requests wait for the namespace thread; " + job.path + " not entered");
    }
    if (closed || lost != null) {
      queue.remove(job);
      failIfEnded();
    }
    return await(job);
  }

  private void failIfEnded() throws IOException {
    NamespaceLostError error = lost;
    if (error != null) {
      throw error;
    }
    if (closed) {
      throw new IOException("the namespace thread is closed");
    }
  }

  private <T> T await(Job<T> job) throws IOException {
    try {
      return job.future.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      abandon(job);
      counters.count(LinuxCounter.NAMESPACE_TIMED_OUT);
      throw new IOException("gave up on " + job.path + " after " + timeout.toMillis() + " ms", e);
    } catch (InterruptedException e) {
      abandon(job);
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting to enter " + job.path);
    } catch (ExecutionException e) {
      throw unwrapped(e);
    }
  }

  /** The result is closed by whoever is second: the thread, or here when it came just now. */
  private static <T> void abandon(Job<T> job) {
    if (!job.future.cancel(false) && !job.future.isCompletedExceptionally()) {
      closeLate(job.future.join());
    }
  }

  private static IOException unwrapped(ExecutionException e) {
    return switch (e.getCause()) {
      case IOException io -> io;
      case RuntimeException unchecked -> throw unchecked;
      case Error error -> throw error;
      case null -> new IOException(e);
      case Throwable checked -> new IOException(checked.getMessage(), checked);
    };
  }

  private void serve() {
    try {
      while (!closed && lost == null) {
        perform(queue.take());
      }
    } catch (InterruptedException e) {
      log.debug("namespace thread told to end");
    } finally {
      LibC.close(ownFd);
      refuseWaiting();
    }
  }

  private void refuseWaiting() {
    NamespaceLostError error = lost;
    for (Job<?> job = queue.poll(); job != null; job = queue.poll()) {
      job.future.completeExceptionally(
          error != null ? error : new IOException("the namespace thread is closed"));
    }
  }

  private <T> void perform(Job<T> job) {
    if (job.future.isDone()) {
      return;
    }
    try {
      T result = enterAndCall(job);
      if (!job.future.complete(result)) {
        closeLate(result);
      }
    } catch (Throwable e) {
      counters.count(LinuxCounter.NAMESPACE_FAILED);
      if (e instanceof NamespaceGoneException) {
        counters.count(LinuxCounter.NAMESPACE_GONE);
      }
      job.future.completeExceptionally(e);
    }
  }

  private <T> T enterAndCall(Job<T> job) throws Exception {
    enter(job.path);
    try {
      if (job.inode != 0 && job.inode != currentInode()) {
        throw new NamespaceGoneException(job.path, "its pid belongs to another namespace now");
      }
      return job.work.call();
    } finally {
      restore(job.path);
    }
  }

  private void enter(Path path) throws IOException {
    int fd = open(path);
    try {
      if (LibC.CALLS.setns(fd, CLONE_NEWNET) != 0) {
        int errno = LibC.errno();
        throw new LinuxException("setns " + path, errno, advice(errno, "CAP_SYS_ADMIN"));
      }
    } finally {
      LibC.close(fd);
    }
    counters.count(LinuxCounter.NAMESPACE_ENTERED);
  }

  private static int open(Path path) throws IOException {
    try {
      return LibC.openReadOnly(path.toString());
    } catch (LinuxException e) {
      if (e.errno() == LinuxException.ENOENT || e.errno() == LinuxException.ESRCH) {
        throw new NamespaceGoneException(path, "no such process");
      }
      throw new LinuxException(
          "open " + path, e.errno(), advice(e.errno(), "CAP_SYS_ADMIN and CAP_SYS_PTRACE"));
    }
  }

  private static String advice(int errno, String capability) {
    boolean denied = errno == LinuxException.EPERM || errno == LinuxException.EACCES;
    return denied ? "entering a network namespace needs " + capability : "";
  }

  private void restore(Path left) {
    int result = LibC.CALLS.setns(ownFd, CLONE_NEWNET);
    int errno = LibC.errno();
    if (result == 0 && isHome()) {
      counters.count(LinuxCounter.NAMESPACE_RESTORED);
      return;
    }
    NamespaceLostError error =
        new NamespaceLostError(
            "could not return from network namespace "
                + left
                + " (setns "
                + result
                + ", errno "
                + errno
                + "): the process must be restarted");
    lost = error;
    counters.count(LinuxCounter.NAMESPACE_LOST);
    log.error(error.getMessage());
    throw error;
  }

  private boolean isHome() {
    try {
      return currentInode() == ownInode && warmUp.alive();
    } catch (IOException e) {
      log.error("cannot read {} after leaving a namespace", CURRENT, e);
      return false;
    }
  }

  private static long currentInode() throws IOException {
    return ProcFs.inode(Files.readSymbolicLink(CURRENT));
  }

  /** Nobody waits for this result any more, and what it holds was opened in a pod's namespace. */
  private static void closeLate(Object result) {
    if (result instanceof AutoCloseable resource) {
      try {
        resource.close();
      } catch (Exception e) {
        log.warn("cannot close what was opened too late", e);
      }
    }
  }

  private static final class EnteringThread extends Thread {
    EnteringThread(Runnable body) {
      super(body, "podhop-netns");
      setDaemon(true);
    }
  }

  private static final class Job<T> {
    final Path path;
    final long inode;
    final Callable<T> work;
    final CompletableFuture<T> future = new CompletableFuture<>();

    Job(Path path, long inode, Callable<T> work) {
      this.path = path;
      this.inode = inode;
      this.work = work;
    }
  }
}
