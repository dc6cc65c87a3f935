package io.podhop.agent.capture;

import io.podhop.agent.linux.OwnProcess;
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
import java.util.concurrent.TimeUnit;
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
  private static final int FINISH_STEP_MS = 1;

  /** How often every source is looked at, though poll(2) says nothing of it. */
  private static final int TICKS_PER_LOOK = 10;

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

  private final LoopOptions options;
  private final Tick tick;
  private final long tickNs;
  private long nextTick;
  private long ticks;

  /** Whether the last round found frames, so that more are let gather. */
  private boolean gathering;

  /** Whether the last round left frames unread. */
  private boolean full;

  private boolean somebodyEnds;
  private boolean somebodyIsReady;
  private boolean closed;

  private CaptureLoop(InstantSource clock, LoopOptions options, Tick tick) throws IOException {
    this.clock = clock;
    this.options = options;
    this.tick = tick;
    this.tickNs = TimeUnit.MILLISECONDS.toNanos(options.tickMs());
    this.nextTick = System.nanoTime() + tickNs;
    this.poller = new Poller(MAX_SOURCES);
  }

  /** A loop whose thread runs until it is closed. */
  public static CaptureLoop start(InstantSource clock) throws IOException {
    return start(clock, LoopOptions.DEFAULT, Tick.NONE);
  }

  /**
   * As {@link #start(InstantSource)}.
   *
   * @param tick called on the capture thread
   */
  public static CaptureLoop start(InstantSource clock, LoopOptions options, Tick tick)
      throws IOException {
    CaptureLoop loop = new CaptureLoop(clock, options, tick);
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
    // The rest of the agent gives way to the node's pods; a ring that is not read loses packets.
    if (!OwnProcess.runAsOrdinary()) {
      log.info("without CAP_SYS_NICE, capturing is as nice as the whole process");
    }
    try {
      while (!isClosed()) {
        runCommands();
        readOnce();
      }
      finishAll();
    } catch (IOException e) {
      log.error("poll(2) fails; capturing ends", e);
    } finally {
      synchronized (commands) {
        closed = true;
      }
      runCommands();
      List.copyOf(sources).forEach(running -> end(running, nowNs()));
      poller.close();
    }
  }

  /** Every source has a bound on how long it takes to end. */
  private void finishAll() throws IOException {
    runCommands();
    long nowNs = nowNs();
    sources.forEach(running -> running.finish(Ending.LOOP_CLOSED, nowNs));
    while (!sources.isEmpty()) {
      readOnce();
    }
  }

  private void runCommands() {
    for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
      command.run();
    }
  }

  /**
   * One round. While frames come, the rings are looked at directly every pause; poll(2) over all of
   * them is for when nothing came, and for sources that wait for no pause.
   */
  private void readOnce() throws IOException {
    beginEnds();
    boolean all = gathering;
    int ready =
        gathering
            ? poller.poll(fds, selectImpatient(), pauseMs())
            : poller.poll(fds, selectAll(), waitMs());
    long now = System.nanoTime();
    boolean tickDue = now - nextTick >= 0;
    all |= tickDue && ticks % TICKS_PER_LOOK == 0;
    if (all || ready > 0 || somebodyIsReady || somebodyEnds) {
      readSources(all);
    }
    if (tickDue) {
      nextTick = now + tickNs;
      tick();
    }
  }

  private void beginEnds() {
    somebodyEnds = false;
    for (int i = 0; i < sources.size(); i++) {
      RunningSource running = sources.get(i);
      if (running.removalRequested()) {
        running.finish(Ending.REMOVED, nowNs());
      }
      somebodyEnds |= running.finishing();
    }
  }

  private int selectAll() {
    somebodyIsReady = false;
    for (int i = 0; i < sources.size(); i++) {
      fds[i] = sources.get(i).fd();
      somebodyIsReady |= fds[i] < 0;
    }
    return sources.size();
  }

  private int selectImpatient() {
    somebodyIsReady = false;
    int count = 0;
    for (int i = 0; i < sources.size(); i++) {
      RunningSource running = sources.get(i);
      somebodyIsReady |= running.fd() < 0;
      if (!running.patient() && running.fd() >= 0) {
        fds[count++] = running.fd();
      }
    }
    return count;
  }

  private int pauseMs() {
    return somebodyIsReady || full ? 0 : options.pauseMs();
  }

  private int waitMs() {
    if (somebodyIsReady) {
      return 0;
    }
    long untilTick = TimeUnit.NANOSECONDS.toMillis(nextTick - System.nanoTime()) + 1;
    return somebodyEnds ? FINISH_STEP_MS : Math.clamp(untilTick, 1, options.tickMs());
  }

  private void readSources(boolean all) {
    int most = 0;
    boolean polled = !gathering;
    for (int i = sources.size() - 1; i >= 0; i--) {
      RunningSource running = sources.get(i);
      if (polled && poller.failed(i)) {
        running.failed();
      }
      if (all || running.finishing() || running.fd() < 0 || isReady(i)) {
        int count = running.read(BATCH_FRAMES);
        most = Math.max(most, count);
        if (count == PacketSource.ENDED) {
          end(running, nowNs());
        }
      }
    }
    gathering = most > 0 && options.pauseMs() > 0;
    full = most == BATCH_FRAMES;
  }

  private boolean isReady(int index) {
    return poller.readable(index) || poller.failed(index);
  }

  private void tick() {
    if (ticks++ % TICKS_PER_LOOK == 0) {
      sources.forEach(RunningSource::takeStats);
    }
    try {
      tick.tick(nowNs());
    } catch (RuntimeException e) {
      if (counters.get(CaptureCounter.TICK_FAILURES) == 0) {
        log.warn("the tick of the capture loop failed; more of it is only counted", e);
      }
      counters.count(CaptureCounter.TICK_FAILURES, 1);
    }
  }

  private long nowNs() {
    return LiveCapture.epochNs(clock.instant());
  }

  private void end(RunningSource running, long nowNs) {
    SourceEnd end = running.ended(nowNs);
    counters.count(counterOf(end.ending().reason()), 1);
    sources.remove(running);
    running.complete(end);
    closer.execute(() -> close(running));
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
