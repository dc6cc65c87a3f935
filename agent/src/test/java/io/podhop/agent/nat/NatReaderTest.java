package io.podhop.agent.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.linux.CommandResult;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class NatReaderTest {
  @Test
  void read_toolMissing_warnsAndReadsTheRest() {
    NatSnapshot snapshot =
        new NatReader(
                command ->
                    switch (command[0]) {
                      case "iptables-legacy-save" -> new CommandResult.ToolMissing(command[0]);
                      case "iptables-nft-save" -> new CommandResult.Exited(0, RuleSets.CURRENT, "");
                      default -> new CommandResult.Exited(0, RuleSets.NATIVE, "");
                    })
            .read();

    assertThat(snapshot.legacy().isEmpty()).isTrue();
    assertThat(snapshot.nft().isEmpty()).isFalse();
    assertThat(snapshot.nativeTable().rules()).hasSize(5);
    assertThat(snapshot.warnings())
        .singleElement()
        .asString()
        .contains("iptables-legacy-save is not installed");
  }

  @Test
  void read_toolFailsOrSpeaksStrangely_warningSaysWhat() {
    NatSnapshot snapshot =
        new NatReader(
                command ->
                    switch (command[0]) {
                      case "iptables-legacy-save" ->
                          new CommandResult.Exited(4, "", "Permission denied (you must be root)");
                      case "iptables-nft-save" -> new CommandResult.Exited(0, "what?\n", "");
                      default -> throw new IOException("'nft' did not end");
                    })
            .read();

    assertThat(snapshot.warnings())
        .anyMatch(warning -> warning.contains("you must be root"))
        .anyMatch(warning -> warning.contains("what?"))
        .anyMatch(warning -> warning.contains("did not end"));
  }

  @Test
  void read_noNativeTable_isNoWarning() {
    NatSnapshot snapshot =
        new NatReader(
                command ->
                    command[0].equals("nft")
                        ? new CommandResult.Exited(1, "", "Error: No such file or directory")
                        : new CommandResult.Exited(0, "", ""))
            .read();

    assertThat(snapshot.warnings()).isEmpty();
  }
}
