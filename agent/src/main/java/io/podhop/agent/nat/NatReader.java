package io.podhop.agent.nat;

import io.podhop.agent.linux.CommandResult;
import io.podhop.agent.linux.Commands;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Reads the node's IPv4 rule sets with the tools that own them: {@code iptables-legacy-save},
 * {@code iptables-nft-save} and {@code nft}, side by side. Reading the legacy tables loads their
 * kernel modules if they are not loaded yet; they are empty then.
 */
public final class NatReader {
  private final Runner runner;

  /** Runs a tool to its end. */
  @FunctionalInterface
  interface Runner {
    CommandResult run(String... command) throws IOException;
  }

  public NatReader(Commands commands) {
    this(commands::run);
  }

  NatReader(Runner runner) {
    this.runner = runner;
  }

  /** What the node has now. Never fails: what cannot be read is empty and named in the warnings. */
  public NatSnapshot read() {
    List<String> warnings = new ArrayList<>();
    Reading legacy = new Reading("iptables-legacy-save", "-c");
    Reading nft = new Reading("iptables-nft-save", "-c");
    Reading own = new Reading("nft", "list", "table", "ip", RuleNames.NATIVE_TABLE);
    Ruleset legacyRules = RuleSetParser.parse(Backend.LEGACY, legacy.text(warnings));
    Ruleset nftRules = RuleSetParser.parse(Backend.NFT, nft.text(warnings));
    Ruleset ownRules = NativeTableParser.parse(own.text(warnings));
    for (Ruleset ruleset : List.of(legacyRules, nftRules, ownRules)) {
      if (!ruleset.unparsed().isEmpty()) {
        warnings.add(
            ruleset.unparsed().size()
                + " lines of the "
                + ruleset.backend()
                + " rules could not be read, the first: "
                + ruleset.unparsed().getFirst());
      }
    }
    return new NatSnapshot(legacyRules, nftRules, ownRules, warnings);
  }

  /** One tool, running. */
  private final class Reading {
    private final String[] command;
    private final FutureTask<CommandResult> result;

    Reading(String... command) {
      this.command = command;
      this.result = new FutureTask<>(() -> runner.run(command));
      Thread.ofPlatform().daemon().name("podhop-nat-" + command[0]).start(result);
    }

    String text(List<String> warnings) {
      String line = String.join(" ", command);
      try {
        return switch (result.get()) {
          case CommandResult.ToolMissing missing -> {
            warnings.add(
                missing.tool() + " is not installed: rules that only it shows are not known");
            yield "";
          }
          case CommandResult.Exited exited when exited.succeeded() -> exited.stdout();
          case CommandResult.Exited exited when absent(exited) -> "";
          case CommandResult.Exited exited -> {
            warnings.add(
                "'" + line + "' failed: " + exited.stderr().lines().findFirst().orElse(""));
            yield "";
          }
        };
      } catch (ExecutionException e) {
        Throwable cause = e.getCause();
        warnings.add(
            "'"
                + line
                + "' failed: "
                + (cause instanceof IOException io ? io.getMessage() : cause));
        return "";
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        warnings.add("interrupted before '" + line + "' ended");
        return "";
      }
    }

    /** Most nodes have no table of that name, which is no failure. */
    private boolean absent(CommandResult.Exited exited) {
      return command[0].equals("nft") && exited.stderr().contains("No such file or directory");
    }
  }
}
