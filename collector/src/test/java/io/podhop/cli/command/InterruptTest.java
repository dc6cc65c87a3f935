package io.podhop.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.cli.FlowScenes;
import io.podhop.cli.ScriptedCollector;
import io.podhop.v1.CaptureEnded;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class InterruptTest {
  private static final String CAPTURING = "2 packets, 108B, ";

  @Test
  void trace_ctrlC_cancelsAtTheCollectorAndExits130() throws Exception {
    try (ScriptedCollector collector = new ScriptedCollector().resolved().hangs()) {
      Process process = start(collector, "trace", "a", "b");
      try {
        assertThat(collector.asked.poll(40, TimeUnit.SECONDS))
            .as(() -> "a question; the program " + (process.isAlive() ? "runs" : said(process)))
            .isNotNull();

        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();

        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(130);
        assertThat(collector.cancelled.await(5, TimeUnit.SECONDS)).isTrue();
        assertThat(said(process)).isEmpty();
      } finally {
        process.destroyForcibly();
      }
    }
  }

  private static ScriptedCollector capturing() throws IOException {
    return new ScriptedCollector()
        .then(CaptureCommandTest.started())
        .then(CaptureCommandTest.packets(0, 9, 0))
        .hangs();
  }

  private static ScriptedCollector endingWhenAsked() throws IOException {
    return capturing()
        .whenEnded(CaptureCommandTest.traced())
        .whenEnded(CaptureCommandTest.ended(CaptureEnded.Reason.REASON_ASKED));
  }

  private static Terminal capture(ScriptedCollector collector, Path file) throws IOException {
    return Terminal.run(collector, "capture", "shop/web-7c9", "-o", file.toString());
  }

  private static String comments(Path file) throws IOException {
    return CaptureCommandTest.tool(
        "tshark", "-r", file.toString(), "-T", "fields", "-e", "frame.comment");
  }

  @Test
  void capture_ctrlC_endsItAndWritesVerdictsAndStatistics(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("web.pcapng");
    try (ScriptedCollector collector = endingWhenAsked();
        Terminal terminal = capture(collector, file)) {
      terminal.await(CAPTURING).interrupt();

      assertThat(terminal.exit()).isEqualTo(130);
      assertThat(collector.ended.poll()).isEqualTo("r7");
      assertThat(String.join("", terminal.screen().lines()))
          .contains("2 packets, 108B, 1 connection (1 delivered)", "; ended by interruption")
          .doesNotContain("s left", "waiting for verdicts");
      assertThat(terminal.screen().isRestored()).isTrue();
      assertThat(comments(file)).startsWith("podhop: delivered, handshake 0.33 ms").hasLineCount(2);
      assertThat(CaptureCommandTest.tool("capinfos", "-M", file.toString()))
          .containsPattern("Number of packets: +2\\b")
          .containsPattern("Number of stat entries = 1\\b");
      assertThat(folder.toFile().list()).containsExactly("web.pcapng");
    }
  }

  @Test
  void capture_terminated_endsItAsWell(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("web.pcapng");
    try (ScriptedCollector collector = endingWhenAsked();
        Terminal terminal = capture(collector, file)) {
      terminal.await(CAPTURING).signal("TERM");

      assertThat(terminal.exit()).isEqualTo(143);
      assertThat(comments(file)).contains("podhop: delivered");
    }
  }

  @Test
  void capture_secondCtrlC_writesWhatThereIsAtOnce(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("web.pcapng");
    try (ScriptedCollector collector = capturing();
        Terminal terminal = capture(collector, file)) {
      terminal.await(CAPTURING).interrupt();
      terminal.await("ending; waiting for verdicts");
      long asked = System.nanoTime();
      terminal.interrupt();

      assertThat(terminal.exit()).isEqualTo(130);
      assertThat(System.nanoTime() - asked)
          .isLessThan(TimeUnit.SECONDS.toNanos(CaptureEnd.PATIENCE_SECONDS));
      assertThat(collector.cancelled.await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(String.join("", terminal.screen().lines()))
          .contains("ended by interruption, connections not judged");
      assertThat(CaptureCommandTest.tool("capinfos", "-M", file.toString()))
          .containsPattern("Number of packets: +2\\b");
      assertThat(folder.toFile().list()).containsExactly("web.pcapng");
    }
  }

  @Test
  void capture_noVerdictsComeInTime_writesWhatThereIs(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("web.pcapng");
    try (ScriptedCollector collector = capturing();
        Terminal terminal = capture(collector, file)) {
      terminal.await(CAPTURING).interrupt();

      assertThat(terminal.exit()).isEqualTo(130);
      assertThat(CaptureCommandTest.tool("capinfos", "-M", file.toString()))
          .containsPattern("Number of packets: +2\\b");
    }
  }

  @Test
  void top_ctrlC_showsAndThenGivesTheTerminalBack() throws Exception {
    try (ScriptedCollector collector = new ScriptedCollector()) {
      TopCommandTest.looks(collector, 100);
      try (Terminal terminal = Terminal.run(collector, "top", "--interval", "200ms", "-n", "90")) {
        terminal.await("SOURCE");
        assertThat(terminal.screen().isAlternate()).isTrue();
        assertThat(terminal.screen().isCursorShown()).isFalse();
        assertThat(terminal.screen().lines())
            .hasSizeLessThanOrEqualTo(Terminal.ROWS)
            .anyMatch(line -> line.startsWith("note  81 more active pairs"));

        terminal.interrupt();

        assertThat(terminal.exit()).isEqualTo(130);
        assertThat(terminal.screen().isRestored()).isTrue();
        assertThat(terminal.screen().lines()).anyMatch(line -> line.startsWith("SOURCE"));
        assertThat(terminal.screen().wrapped()).isZero();
      }
    }
  }

  @Test
  void flows_ctrlCWhileFollowing_printsWhatCameAndExits130() throws Exception {
    try (ScriptedCollector collector = new ScriptedCollector().flow(FlowScenes.DELIVERED).hangs()) {
      Process process = start(collector, "flows", "--follow", "-o", "json");
      try {
        assertThat(collector.observed.poll(40, TimeUnit.SECONDS)).isNotNull();
        assertThat(process.inputReader().readLine()).startsWith("{\"startNs\":");

        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();

        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(130);
        assertThat(collector.cancelled.await(5, TimeUnit.SECONDS)).isTrue();
        assertThat(process.inputReader().readLine()).isNull();
      } finally {
        process.destroyForcibly();
      }
    }
  }

  private static String said(Process process) {
    try {
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Process start(ScriptedCollector collector, String... command) throws IOException {
    return new ProcessBuilder(Programs.line(collector, command)).redirectErrorStream(true).start();
  }
}
