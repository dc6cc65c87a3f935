package io.podhop.agent.capture;

import io.podhop.agent.linux.Poller;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread ("podhop-capture") that reads every source. Sources come and go while it runs; a
 * removed source is read to the end of what the kernel had kept before its last counters are taken.
 */
public final class CaptureLoop implements AutoCloseable {
  /** The most sources at a time. */
  public static final int MAX_SOURCES = 1024;

  private static final int MAX_WAITING_COMMANDS = 2 * MAX_SOURCES;
  private static final int BATCH_FRAMES = 256;
  private static final int NO_LIMIT = -1;
  private static final Logger log = LoggerFactory.getLogger(CaptureLoop.class);

  private final InstantSource clock;
  private final Poller poller;
  private final CaptureCounters counters = new CaptureCounters();
  private final BlockingQueue<Runnable> commands = new ArrayBlockingQueue<>(MAX_WAITING_COMMANDS);
  private final AtomicInteger slotsTaken = new AtomicInteger();
  private final List<RunningSource> sources = new ArrayList<>();
  private final int[] fds = new int[MAX_SOURCES];
  private final Thread thread = new Thread(this::run, "podhop-capture");

  /** Closing a ring waits for the kernel's other cores, some 20 ms: too long for the others. */
  private final ExecutorService closer =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("podhop-capture-close").factory());

  private boolean closed;

  private CaptureLoop(InstantSource clock) throws IOException {
    this.clock = clock;
    this.poller = new Poller(MAX_SOURCES);
  }

  /** A loop whose thread runs until it is closed. */
  public static CaptureLoop start(InstantSource clock) throws IOException {
    CaptureLoop loop = new CaptureLoop(clock);
    loop.thread.setDaemon(true);
    loop.thread.start();
    return loop;
  }

  /**
   * Reads a source from now on, and closes it in the end.
   *
   * @param handler called on the capture thread; when it throws, its frame counts as dropped by us
   * @throws RejectedExecutionException when there are {@value #MAX_SOURCES} sources, or the loop is
   *     closed; the source is then still the caller's
   */
  public RunningSource add(PacketSource source, FrameHandler handler) {
    RunningSource running = new RunningSource(source, handler, counters);
    boolean room = slotsTaken.incrementAndGet() <= MAX_SOURCES;
    if (!room || !enqueue(() -> sources.add(running))) {
      slotsTaken.decrementAndGet();
      counters.count(CaptureCounter.SOURCES_REFUSED, 1);
      throw new RejectedExecutionException(
          "cannot capture on "
              + source.name()
              + ": the capture loop is closed or reads "
              + MAX_SOURCES
              + " sources already");
    }
    counters.count(CaptureCounter.SOURCES_ADDED, 1);
    return running;
  }

  /**
   * Drains and counts a source, then closes it in the background; the same future as {@link
   * RunningSource#end}.
   */
  public CompletableFuture<SourceEnd> remove(RunningSource running) {
    running.requestRemoval();
    poller.wakeup();
    return running.end();
  }

  /** Runs something on the capture thread, between two frames: a look at what only it may touch. */
  public <T> CompletableFuture<T> call(Callable<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Runnable command =
        () -> {
          try {
            result.complete(work.call());
          } catch (Exception e) {
            result.completeExceptionally(e);
          }
        };
    if (!enqueue(command)) {
      result.completeExceptionally(
          new RejectedExecutionException("the capture loop is closed or overrun with commands"));
    }
    return result;
  }

  public long counted(CaptureCounter counter) {
    return counters.get(counter);
  }

  /** Ends every source as {@link #remove} does, then the thread. */
  @Override
  public void close() {
    synchronized (commands) {
      closed = true;
    }
    poller.wakeup();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    closer.close();
  }

  private boolean enqueue(Runnable command) {
    boolean taken;
    synchronized (commands) {
      taken = !closed && commands.offer(command);
    }
    poller.wakeup();
    return taken;
  }

  private boolean isClosed() {
    synchronized (commands) {
      return closed;
    }
  }

  private void run() {
    try {
      while (!isClosed()) {
        runCommands();
        end(sources.stream().filter(RunningSource::removalRequested).toList(), Ending.REMOVED);
        readOnce();
      }
    } catch (IOException e) {
      log.error("poll(2) fails; capturing ends", e);
    } finally {
      synchronized (commands) {
        closed = true;
      }
      runCommands();
      end(List.copyOf(sources), Ending.LOOP_CLOSED);
      poller.close();
    }
  }

  private void runCommands() {
    for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
      command.run();
    }
  }

  private void readOnce() throws IOException {
    int count = sources.size();
    int timeoutMs = NO_LIMIT;
    for (int i = 0; i < count; i++) {
      fds[i] = sources.get(i).fd();
      timeoutMs = fds[i] < 0 ? 0 : timeoutMs;
    }
    poller.poll(fds, count, timeoutMs);
    List<RunningSource> ended = List.of();
    for (int i = 0; i < count; i++) {
      if (fds[i] < 0 || poller.readable(i) || poller.failed(i)) {
        ended = read(sources.get(i), ended);
      }
    }
    end(ended, Ending.REMOVED);
  }

  private List<RunningSource> read(RunningSource running, List<RunningSource> ended) {
    if (running.read(BATCH_FRAMES) != PacketSource.ENDED) {
      return ended;
    }
    List<RunningSource> more = new ArrayList<>(ended);
    more.add(running);
    return more;
  }

  private void end(List<RunningSource> ended, Ending why) {
    for (RunningSource running : ended) {
      SourceEnd end = running.drain(why, LiveCapture.epochNs(clock.instant()));
      counters.count(counterOf(end.ending().reason()), 1);
      sources.remove(running);
      running.complete(end);
      closer.execute(() -> close(running));
    }
  }

  private void close(RunningSource running) {
    running.close();
    slotsTaken.decrementAndGet();
  }

  private static CaptureCounter counterOf(Ending.Reason reason) {
    return switch (reason) {
      case RUNNING, REMOVED, LOOP_CLOSED -> CaptureCounter.SOURCES_REMOVED;
      case INTERFACE_GONE -> CaptureCounter.SOURCES_GONE;
      case READ_FAILED -> CaptureCounter.SOURCES_FAILED;
      case END_OF_FILE -> CaptureCounter.SOURCES_READ_TO_END;
    };
  }
}
