package io.podhop.agent.nat;

import io.podhop.agent.linux.CommandResult;
import io.podhop.agent.linux.Commands;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads the node's rule sets of both families with the tools that own them: {@code
 * iptables-legacy-save}, {@code iptables-nft-save}, their IPv6 twins and {@code nft}, side by side;
 * {@code ipset} when a rule refers to a set. Reading the legacy tables loads their kernel modules
 * if they are not loaded yet; they are empty then.
 */
public final class NatReader {
  private static final Pattern OWN_TABLES =
      Pattern.compile("table ip6? (?:raw|mangle|nat|filter|security|kube-proxy)|table ip aws-cni|");

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
    Reading legacy4 = new Reading("iptables-legacy-save", "-c");
    Reading nft4 = new Reading("iptables-nft-save", "-c");
    Reading legacy6 = new Reading("ip6tables-legacy-save", "-c");
    Reading nft6 = new Reading("ip6tables-nft-save", "-c");
    Reading listed = new Reading("nft", "list", "tables");
    Set<String> tables = Set.copyOf(listed.text(warnings).lines().map(String::strip).toList());
    warnOfForeign(tables, warnings);
    FamilyRules ipv4 =
        new FamilyRules(
            rules(Backend.LEGACY, legacy4, warnings),
            rules(Backend.NFT, nft4, warnings),
            nativeTable(tables, warnings));
    FamilyRules ipv6 =
        new FamilyRules(
            rules(Backend.LEGACY, legacy6, warnings),
            rules(Backend.NFT, nft6, warnings),
            Ruleset.empty(Backend.NATIVE));
    return new NatSnapshot(
        ipv4, ipv6, sets(ipv4, ipv6, warnings), kubeProxy(tables, warnings), warnings);
  }

  private static Ruleset rules(Backend backend, Reading reading, List<String> warnings) {
    return checked(RuleSetParser.parse(backend, reading.text(warnings)), warnings);
  }

  private Ruleset nativeTable(Set<String> tables, List<String> warnings) {
    if (!tables.contains("table ip " + RuleNames.NATIVE_TABLE)) {
      return Ruleset.empty(Backend.NATIVE);
    }
    Reading table = new Reading("nft", "list", "table", "ip", RuleNames.NATIVE_TABLE);
    return checked(NativeTableParser.parse(table.text(warnings)), warnings);
  }

  private static Ruleset checked(Ruleset ruleset, List<String> warnings) {
    ruleset.unread().ifPresent(warnings::add);
    return ruleset;
  }

  private IpSets sets(FamilyRules ipv4, FamilyRules ipv6, List<String> warnings) {
    boolean needed =
        Stream.concat(ipv4.iptables(), ipv6.iptables())
            .flatMap(Ruleset::rules)
            .flatMap(rule -> rule.matches().stream())
            .anyMatch(Match.InSet.class::isInstance);
    if (!needed) {
      return IpSets.UNREAD;
    }
    int before = warnings.size();
    String text = new Reading("ipset", "save").text(warnings);
    return warnings.size() == before
        ? IpSets.parse(text)
        : new IpSets(Map.of(), warnings.getLast());
  }

  private KubeProxyTables kubeProxy(Set<String> tables, List<String> warnings) {
    Optional<String> maps = Optional.of("");
    boolean present = false;
    for (String family : List.of("ip", "ip6")) {
      if (tables.contains("table " + family + " " + KubeProxyTables.TABLE)) {
        present = true;
        for (String map : KubeProxyTables.MAPS) {
          int before = warnings.size();
          String text =
              new Reading("nft", "list", "map", family, KubeProxyTables.TABLE, map).text(warnings);
          maps = warnings.size() > before ? Optional.empty() : maps.map(all -> all + text);
        }
      }
    }
    return present ? KubeProxyTables.of(maps) : KubeProxyTables.ABSENT;
  }

  /**
   * Tables of others may act on packets as well; that they are left out is told.
   *
   * @param tables as {@code nft list tables} prints them
   */
  public static void warnOfForeign(Set<String> tables, List<String> warnings) {
    tables.stream()
        .filter(table -> !OWN_TABLES.matcher(table).matches())
        .sorted()
        .forEach(
            table -> warnings.add("nft " + table + " may act on packets and is not evaluated"));
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
