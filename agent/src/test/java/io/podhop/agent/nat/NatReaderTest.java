package io.podhop.agent.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.linux.CommandResult;
import io.podhop.model.Protocol;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class NatReaderTest {
  private static final String SERVICE_IPS =
      """
      table ip kube-proxy {
      	map service-ips {
      		type ipv4_addr . inet_proto . inet_service : verdict
      		comment "ClusterIP, ExternalIP and LoadBalancer IP traffic"
      		elements = { 172.20.0.7 . tcp . 5432 comment "x" : goto service-A,
      			     172.20.0.10 . udp . 53 : goto service-B }
      	}
      }
      """;

  @Test
  void read_toolMissing_warnsAndReadsTheRest() {
    NatSnapshot snapshot =
        new NatReader(
                command ->
                    switch (command[0]) {
                      case "iptables-legacy-save" -> new CommandResult.ToolMissing(command[0]);
                      case "iptables-nft-save" -> new CommandResult.Exited(0, RuleSets.CURRENT, "");
                      case "nft" -> nft(command);
                      default -> new CommandResult.Exited(0, "", "");
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
                      case "ip6tables-nft-save", "ip6tables-legacy-save" ->
                          new CommandResult.Exited(0, "", "");
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

  @Test
  void read_everythingThere_bothFamiliesSetsAndKubeProxy() {
    NatSnapshot snapshot =
        new NatReader(
                command ->
                    new CommandResult.Exited(
                        0,
                        switch (String.join(" ", command)) {
                          case "iptables-nft-save -c" ->
                              "*nat\n:PREROUTING ACCEPT\n"
                                  + "-A PREROUTING -m set --match-set a src -j ACCEPT\n";
                          case "ip6tables-nft-save -c" -> "*nat\n-A PREROUTING -j ACCEPT\n";
                          case "nft list tables" ->
                              "table ip nat\ntable ip kube-proxy\ntable inet fw\n";
                          case "ipset save" -> "create a hash:ip family inet\nadd a 10.0.0.1\n";
                          case "nft list map ip kube-proxy service-ips" -> SERVICE_IPS;
                          case "nft list map ip kube-proxy service-nodeports" ->
                              "elements = { tcp . 30007 : goto external-A }";
                          default -> "";
                        },
                        ""))
            .read();

    assertThat(snapshot.ipv6().nft().rules()).hasSize(1);
    assertThat(snapshot.sets().named("a").orElseThrow().elements()).hasSize(1);
    KubeProxyTables tables = snapshot.kubeProxyTables();
    assertThat(tables.services().orElseThrow())
        .extracting(target -> target.address() + " " + target.protocol() + " " + target.port())
        .containsExactlyInAnyOrder("172.20.0.7 tcp 5432", "172.20.0.10 udp 53");
    assertThat(tables.nodePorts().orElseThrow())
        .containsExactly(new KubeProxyTables.Port(Protocol.TCP, 30007));
    assertThat(snapshot.warnings()).singleElement().asString().contains("table inet fw");
  }

  private static CommandResult nft(String... command) {
    return new CommandResult.Exited(
        0, command[2].equals("tables") ? "table ip aws-cni\n" : RuleSets.NATIVE, "");
  }
}
