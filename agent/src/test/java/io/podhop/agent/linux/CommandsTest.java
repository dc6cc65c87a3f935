package io.podhop.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CommandsTest {
  private final Commands commands = new Commands();

  @Test
  void run_program_bothOutputsAndExitCode() throws IOException {
    assertThat(commands.run("sh", "-c", "echo out; echo err >&2; exit 3"))
        .isEqualTo(new CommandResult.Exited(3, "out\n", "err\n"));
  }

  @Test
  void run_environment_onlyPathAndLocale() throws IOException {
    CommandResult.Exited exited = (CommandResult.Exited) commands.run("env");

    assertThat(exited.stdout().lines())
        .containsExactlyInAnyOrder("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C");
  }

  @Test
  void run_absentOrRelativeProgram_isMissing() throws IOException {
    assertThat(commands.run("no-such-tool"))
        .isEqualTo(new CommandResult.ToolMissing("no-such-tool"));
    assertThat(commands.run("./sh")).isEqualTo(new CommandResult.ToolMissing("./sh"));
    assertThat(commands.run("/no/tool")).isEqualTo(new CommandResult.ToolMissing("/no/tool"));
  }

  @Test
  void run_tooMuchOutput_killedAndSaid() {
    assertThatThrownBy(() -> new Commands(1000, Duration.ofSeconds(20)).run("yes"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("'yes' failed: it wrote more than 1000 bytes");
  }

  @Test
  void run_tooSlow_killedAndSaid() {
    Commands hurried = new Commands(1000, Duration.ofMillis(200));

    assertThatThrownBy(() -> hurried.run("sleep", "60"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("'sleep 60' did not end within 200 ms");
  }

  /**
   * Whether the JDK closes the pipe as the child ends is a race within the JDK: both are bounded.
   */
  @Test
  void run_outputHeldOpenByAGrandchild_bounded() {
    Commands hurried = new Commands(1000, Duration.ofMillis(500));

    assertTimeout(
        Duration.ofSeconds(4),
        () -> {
          try {
            hurried.run("sh", "-c", "sleep 5 & exit 0");
          } catch (IOException e) {
            assertThat(e).hasMessageContaining("did not end");
          }
        });
  }
}
