package io.podhop.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.cli.ScriptedCollector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;
import picocli.CommandLine.Command;

@Timeout(60)
class InterruptTest {
  /** A program of its own, for a signal reaches the whole process. */
  @Command(name = "podhop")
  static final class Program {
    public static void main(String[] arguments) {
      CommandLine root = new CommandLine(new Program());
      CliCommands.addTo(root);
      System.exit(root.execute(arguments));
    }
  }

  @Test
  void trace_ctrlC_cancelsAtTheCollectorAndExits130() throws Exception {
    try (ScriptedCollector collector = new ScriptedCollector().resolved().hangs()) {
      Process process = start(collector.address());
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

  private static String said(Process process) {
    try {
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Started from a background job, a process would inherit that SIGINT is ignored. */
  private static Process start(String collector) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(
            "env",
            "--default-signal=INT",
            java,
            "--sun-misc-unsafe-memory-access=allow",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Program.class.getName(),
            "trace",
            "a",
            "b",
            "--collector",
            collector)
        .redirectErrorStream(true)
        .start();
  }
}
