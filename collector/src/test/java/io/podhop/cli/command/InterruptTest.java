package io.podhop.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.cli.FlowScenes;
import io.podhop.cli.ScriptedCollector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;

@Timeout(60)
class InterruptTest {
  /** A program of its own, for a signal reaches the whole process. */
  @Command(name = "podhop")
  static final class Program {
    public static void main(String[] arguments) {
      CommandLine root = new CommandLine(new Program());
      CliCommands.addTo(root, (_, _) -> {});
      System.exit(root.execute(arguments));
    }
  }

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

  @Test
  void capture_ctrlC_writesWhatThereIsAndLeavesNothingElse(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("web.pcapng");
    try (ScriptedCollector collector =
        new ScriptedCollector()
            .then(CaptureCommandTest.started())
            .then(CaptureCommandTest.packets(0, 9, 3))
            .hangs()) {
      Process process = start(collector, "capture", "shop/web-7c9", "-o", file.toString());
      try {
        assertThat(collector.captured.poll(40, TimeUnit.SECONDS)).isNotNull();

        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();

        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(130);
        assertThat(collector.cancelled.await(5, TimeUnit.SECONDS)).isTrue();
        assertThat(said(process)).contains("web.pcapng: ", "packets", "ended by interruption");
        assertThat(CaptureCommandTest.tool("capinfos", "-M", file.toString()))
            .containsPattern("Number of packets: +[02]\\b");
        assertThat(folder.toFile().list()).containsExactly("web.pcapng");
      } finally {
        process.destroyForcibly();
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

  /** Started from a background job, a process would inherit that SIGINT is ignored. */
  private static Process start(ScriptedCollector collector, String... command) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> line =
        new ArrayList<>(
            List.of(
                "env",
                "--default-signal=INT",
                java,
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Program.class.getName()));
    line.addAll(List.of(command));
    line.addAll(List.of("--collector", collector.address()));
    return new ProcessBuilder(line).redirectErrorStream(true).start();
  }
}
