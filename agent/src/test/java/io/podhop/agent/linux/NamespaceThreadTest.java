package io.podhop.agent.linux;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pcap4j.core.PcapHandle;

@Timeout(60)
class NamespaceThreadTest {
  private final LinuxCounters counters = new LinuxCounters();
  private NamespaceThread thread;
  private TestNamespace namespace;

  @BeforeEach
  void setUp() throws IOException {
    thread = new NamespaceThread(counters);
    namespace = new TestNamespace();
  }

  @AfterEach
  void tearDown() throws IOException {
    thread.close();
    namespace.close();
  }

  @Test
  void inNamespace_work_runsInsideAndReturnsHome() throws Exception {
    String inside = thread.inNamespace(namespace.path(), NamespaceThreadTest::currentNetns);

    assertThat(inside).isEqualTo("net:[" + inodeOf(namespace) + "]");
    assertThat(inside).isNotEqualTo(currentNetns());
    assertThat(counters.get(LinuxCounter.NAMESPACE_ENTERED)).isEqualTo(1);
    assertThat(counters.get(LinuxCounter.NAMESPACE_RESTORED)).isEqualTo(1);
  }

  @Test
  void inNamespace_twoHundredTimesWithCapturesAndFailures_everyThreadOfOursIsAtHome()
      throws Exception {
    for (int i = 0; i < 200; i++) {
      int round = i;
      Callable<PcapHandle> work = round % 4 == 3 ? this::fail : this::openLoopback;
      try {
        thread.inNamespace(namespace.path(), inodeOf(namespace), work).close();
      } catch (IOException e) {
        assertThat(e).hasMessage("as told");
        assertThat(round % 4).isEqualTo(3);
      }
    }

    assertThat(netnsOfAllThreads()).containsExactly(currentNetns());
    assertThat(counters.get(LinuxCounter.NAMESPACE_ENTERED)).isEqualTo(200);
    assertThat(counters.get(LinuxCounter.NAMESPACE_RESTORED)).isEqualTo(200);
    assertThat(counters.get(LinuxCounter.NAMESPACE_FAILED)).isEqualTo(50);
    assertThat(counters.get(LinuxCounter.NAMESPACE_LOST)).isZero();
  }

  @Test
  void inNamespace_processEnded_throwsGone() throws IOException {
    Path path = Path.of("/proc", Integer.toString(namespace.pid()), "ns/net");
    namespace.endResident();

    assertThatThrownBy(() -> thread.inNamespace(path, () -> 1))
        .isInstanceOf(NamespaceGoneException.class)
        .hasMessageContaining(path.toString());
    assertThat(counters.get(LinuxCounter.NAMESPACE_GONE)).isEqualTo(1);
  }

  @Test
  void inNamespace_pidOfAnotherNamespace_throwsGoneWithoutWorking() {
    AtomicBoolean worked = new AtomicBoolean();

    assertThatThrownBy(() -> thread.inNamespace(namespace.path(), 1, () -> worked.getAndSet(true)))
        .isInstanceOf(NamespaceGoneException.class);
    assertThat(worked).isFalse();
  }

  @Test
  void inNamespace_pathOfNoNamespace_throwsWithErrno() {
    assertThatThrownBy(() -> thread.inNamespace(Path.of("/etc/passwd"), () -> 1))
        .isInstanceOfSatisfying(
            LinuxException.class, e -> assertThat(e.errno()).isEqualTo(LinuxException.EINVAL))
        .hasMessageContaining("setns /etc/passwd: EINVAL");
  }

  @Test
  void inNamespace_withoutCapSysAdmin_namesIt() throws Exception {
    Throwable thrown =
        onThreadOfItsOwn(
            () -> {
              ThreadCapabilities.drop(ThreadCapabilities.CAP_SYS_ADMIN);
              assertThat(Capabilities.missing()).containsExactly("CAP_SYS_ADMIN");
              try (NamespaceThread weak = new NamespaceThread(counters)) {
                return weak.inNamespace(namespace.path(), () -> 1);
              }
            });

    assertThat(thrown).isInstanceOf(LinuxException.class).hasMessageContaining("CAP_SYS_ADMIN");
    assertThat(counters.get(LinuxCounter.NAMESPACE_LOST)).isZero();
  }

  @Test
  void inNamespace_cannotReturn_retiresTheThreadForGood() {
    Callable<Integer> ruin =
        () -> {
          ThreadCapabilities.drop(ThreadCapabilities.CAP_SYS_ADMIN);
          return 1;
        };

    assertThatThrownBy(() -> thread.inNamespace(namespace.path(), ruin))
        .isInstanceOf(NamespaceLostError.class)
        .hasMessageContaining("must be restarted");
    assertThatThrownBy(() -> thread.inNamespace(namespace.path(), () -> 1))
        .isInstanceOf(NamespaceLostError.class);
    assertThat(counters.get(LinuxCounter.NAMESPACE_LOST)).isEqualTo(1);
    Awaitility.await()
        .untilAsserted(() -> assertThat(netnsOfAllThreads()).containsExactly(currentNetns()));
  }

  @Test
  void inNamespace_workTooSlow_givesUpAndClosesTheLateResult() throws IOException {
    CountDownLatch release = new CountDownLatch(1);
    AtomicBoolean closed = new AtomicBoolean();
    Callable<AutoCloseable> slow =
        () -> {
          release.await(30, SECONDS);
          return () -> closed.set(true);
        };
    try (NamespaceThread hurried = new NamespaceThread(counters, Duration.ofMillis(200))) {
      assertThatThrownBy(() -> hurried.inNamespace(namespace.path(), slow))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("after 200 ms");
      release.countDown();
      Awaitility.await().untilTrue(closed);
      assertThat(hurried.<Integer>inNamespace(namespace.path(), () -> 7)).isEqualTo(7);
    }
    assertThat(counters.get(LinuxCounter.NAMESPACE_TIMED_OUT)).isEqualTo(1);
  }

  @Test
  void inNamespace_moreThanTheQueueHolds_refusedAndCounted() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    List<CompletableFuture<Throwable>> waiting = new ArrayList<>();
    waiting.add(
        inBackground(
            () -> {
              entered.countDown();
              return release.await(30, SECONDS);
            }));
    entered.await();
    for (int i = 0; i < NamespaceThread.QUEUE_BOUND + 3; i++) {
      waiting.add(inBackground(() -> 1));
    }
    Awaitility.await().until(() -> counters.get(LinuxCounter.NAMESPACE_QUEUE_FULL) == 3);
    release.countDown();

    List<String> refusals = new ArrayList<>();
    for (CompletableFuture<Throwable> each : waiting) {
      Throwable thrown = each.get(30, SECONDS);
      if (thrown != null) {
        refusals.add(thrown.getMessage());
      }
    }
    assertThat(refusals).hasSize(3).allMatch(text -> text.contains("requests wait"));
  }

  @Test
  void inNamespace_insideANamespace_refusedInsteadOfHanging() {
    Callable<Integer> nested = () -> thread.inNamespace(namespace.path(), () -> 1);

    assertThatThrownBy(() -> thread.inNamespace(namespace.path(), nested))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void inNamespace_startingAProcessInside_refused() {
    Callable<CommandResult> spawning = () -> new Commands().run("true");

    assertThatThrownBy(() -> thread.inNamespace(namespace.path(), spawning))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void inNamespace_closed_refused() {
    thread.close();

    assertThatThrownBy(() -> thread.inNamespace(namespace.path(), () -> 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("closed");
  }

  private PcapHandle openLoopback() throws Exception {
    return new PcapHandle.Builder("lo").snaplen(128).timeoutMillis(10).build();
  }

  private PcapHandle fail() throws IOException {
    throw new IOException("as told");
  }

  private CompletableFuture<Throwable> inBackground(Callable<?> work) {
    CompletableFuture<Throwable> outcome = new CompletableFuture<>();
    Thread.ofPlatform()
        .start(
            () -> {
              try {
                thread.inNamespace(namespace.path(), work);
                outcome.complete(null);
              } catch (Throwable e) {
                outcome.complete(e);
              }
            });
    return outcome;
  }

  private static Throwable onThreadOfItsOwn(Callable<?> work) throws InterruptedException {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread.ofPlatform()
        .start(
            () -> {
              try {
                work.call();
              } catch (Throwable e) {
                thrown.set(e);
              }
            })
        .join();
    return thrown.get();
  }

  private static long inodeOf(TestNamespace namespace) {
    return new ProcFs(Path.of("/proc"), new LinuxCounters())
        .netnsInode(namespace.pid())
        .orElseThrow();
  }

  private static String currentNetns() throws IOException {
    return Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net")).toString();
  }

  private static Set<String> netnsOfAllThreads() throws IOException {
    Set<String> found = new HashSet<>();
    try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
      for (Path task : tasks) {
        found.add(netnsOf(task).orElse(""));
      }
    }
    found.remove("");
    return found;
  }

  /** Empty for a thread that has just ended. */
  private static Optional<String> netnsOf(Path task) {
    try {
      return Optional.of(Files.readSymbolicLink(task.resolve("ns/net")).toString());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
