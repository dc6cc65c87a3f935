package io.podhop.agent.linux;

/** What became of an external program. */
public sealed interface CommandResult {
  /** It ran to its end. */
  record Exited(int exitCode, String stdout, String stderr) implements CommandResult {
    public boolean succeeded() {
      return exitCode == 0;
    }
  }

  /** It is not installed in any directory we trust. */
  record ToolMissing(String tool) implements CommandResult {}
}
