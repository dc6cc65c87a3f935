package io.podhop.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcFsTest {
  private final LinuxCounters counters = new LinuxCounters();

  @TempDir Path root;

  @Test
  void pids_entriesOfEveryKind_onlyNumbersAscending() throws IOException {
    for (String entry : new String[] {"10", "9", "self", "net", "1x", "0", "99999999999"}) {
      Files.createDirectory(root.resolve(entry));
    }

    assertThat(new ProcFs(root, counters).pids()).containsExactly(9, 10);
  }

  @Test
  void netnsInode_linkOfAProcess_read() throws IOException {
    Path ns = Files.createDirectories(root.resolve("7/ns"));
    Files.createSymbolicLink(ns.resolve("net"), Path.of("net:[4026532001]"));

    assertThat(new ProcFs(root, counters).netnsInode(7)).hasValue(4026532001L);
  }

  @Test
  void netnsInode_vanishedOrOddLink_emptyAndCounted() throws IOException {
    Path ns = Files.createDirectories(root.resolve("7/ns"));
    Files.createSymbolicLink(ns.resolve("net"), Path.of("mnt:[1]"));
    ProcFs proc = new ProcFs(root, counters);

    assertThat(proc.netnsInode(7)).isEmpty();
    assertThat(proc.netnsInode(8)).isEmpty();
    assertThat(counters.get(LinuxCounter.PROCESS_SKIPPED)).isEqualTo(2);
  }

  @Test
  void netnsInode_zombie_empty() throws IOException {
    // What the shell has become by then reaps no child.
    Process shell = new ProcessBuilder("sh", "-c", "sleep 0.3 & echo $!; exec sleep 30").start();
    try {
      int zombie = Integer.parseInt(shell.inputReader().readLine());
      ProcFs proc = new ProcFs(Path.of("/proc"), counters);
      Awaitility.await().until(() -> proc.netnsInode(zombie).isEmpty());

      assertThat(proc.pids()).contains(zombie);
      assertThat(counters.get(LinuxCounter.PROCESS_SKIPPED)).isPositive();
    } finally {
      shell.destroyForcibly();
    }
  }

  @Test
  void ownProcess_nameStartAndCgroup_read() {
    ProcFs proc = new ProcFs(Path.of("/proc"), counters);
    int pid = Math.toIntExact(ProcessHandle.current().pid());

    assertThat(proc.comm(pid)).contains("java");
    assertThat(proc.startTicks(pid).orElse(0)).isPositive();
    assertThat(proc.cgroup(pid).orElse("")).startsWith("/");
  }

  @Test
  void startTicks_nameWithSpacesAndParentheses_countsFromTheLast() {
    String stat = "7 (a b) c)) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 99";

    assertThat(ProcFs.startTicks(stat)).hasValue(4711);
    assertThat(ProcFs.startTicks("7 (cat) S 1")).isEmpty();
    assertThat(ProcFs.startTicks("")).isEmpty();
  }

  @Test
  void cgroupPath_bothVersions_unifiedFirst() {
    assertThat(ProcFs.cgroupPath("0::/kubepods/pod1\n")).contains("/kubepods/pod1");
    assertThat(ProcFs.cgroupPath("4:cpu,cpuacct:/a:b\n0::/\n")).contains("/");
    assertThat(ProcFs.cgroupPath("4:cpu,cpuacct:/a:b\n3:pids:/c\n")).contains("/a:b");
    assertThat(ProcFs.cgroupPath("nonsense")).isEmpty();
  }

  @Test
  void pids_noProc_throws() {
    assertThatThrownBy(() -> new ProcFs(root.resolve("absent"), counters).pids())
        .isInstanceOf(IOException.class);
  }
}
