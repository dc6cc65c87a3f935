package io.podhop.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.CommandLineInProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an answer of podhop says of what both the living node and its support bundle know. */
final class TwinAnswer {
  private TwinAnswer() {}

  /** Runs a command, as {@code podhop OPTIONS COMMAND -o json}, that must end with that code. */
  static JsonNode of(int exitCode, List<String> options, String command) {
    List<String> words = new ArrayList<>(options);
    words.addAll(List.of(command.split(" ")));
    words.addAll(List.of("-o", "json"));
    Command.Result result = CommandLineInProcess.run(words);
    assertThat(result.exitCode()).as("%s", result).isEqualTo(exitCode);
    return JsonMapper.shared().readTree(result.out());
  }

  private static List<JsonNode> all(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).toList();
  }

  private static String fields(JsonNode of, String... names) {
    List<String> values = new ArrayList<>();
    for (String name : names) {
      values.add(name + "=" + of.path(name));
    }
    return String.join(" ", values);
  }

  /**
   * The way, point by point, and what rules did; of pods' own routing nothing, and not what
   * nftables exempts, which the log collector leaves out.
   */
  static List<String> way(JsonNode explanation) {
    List<String> way = new ArrayList<>();
    for (JsonNode leg : all(explanation.at("/legs"))) {
      for (JsonNode hop : all(leg.at("/hops"))) {
        boolean eni = hop.at("/role").asString().equals("ENI");
        way.add(
            fields(hop, "point", "node", "owner", "tuple")
                + (eni ? exceptNftables(hop.at("/why")) : ""));
      }
      way.add(
          fields(
              leg, "node", "direction", "entering", "fate", "leaving", "translation", "choices"));
    }
    way.add(fields(explanation.at("/verdict"), "id", "cause", "lastSeen", "neverSeen", "evidence"));
    return way;
  }

  private static List<JsonNode> exceptNftables(JsonNode why) {
    return all(why).stream()
        .filter(citation -> !citation.at("/source").asString().equals("nftables"))
        .toList();
  }

  /** Node, id and subject of each finding. */
  static List<String> findings(JsonNode audit) {
    List<String> findings = new ArrayList<>();
    for (JsonNode node : all(audit.at("/nodes"))) {
      for (JsonNode finding : all(node.at("/findings"))) {
        findings.add(
            String.join(
                " ",
                node.at("/node").asString(),
                finding.at("/id").asString(),
                finding.at("/subject").asString()));
      }
    }
    return findings;
  }

  /** Node and id of each check that was made, but those that look into pods. */
  static List<String> checkedBesidesPods(JsonNode audit) {
    List<String> checks = new ArrayList<>();
    for (JsonNode node : all(audit.at("/nodes"))) {
      for (JsonNode check : all(node.at("/checked"))) {
        checks.add(node.at("/node").asString() + " " + check.asString());
      }
    }
    return checks.stream().filter(check -> !check.contains(" pod-")).toList();
  }

  /** Who held the address when, and the line that proves it. */
  static List<String> tenures(JsonNode answer) {
    return all(answer.at("/nodes")).stream()
        .flatMap(node -> all(node.at("/tenures")).stream())
        .map(
            tenure ->
                fields(tenure, "address", "pod", "containerId", "from", "eni", "deviceNumber")
                    + fields(tenure, "fromAtLeast", "until", "evidence"))
        .toList();
  }

  /** A node's totals, and every range of every ENI. */
  static List<String> node(JsonNode node) {
    List<String> lines = new ArrayList<>();
    lines.add(
        fields(node, "node", "primaryAddress", "instanceType", "maxPods", "maxEnis", "used")
            + fields(node, "cooling", "free", "limit"));
    for (JsonNode eni : all(node.at("/enis"))) {
      lines.add(
          fields(eni, "id", "interface", "primary", "deviceNumber", "routeTable", "ownAddresses"));
      all(eni.at("/ranges")).forEach(range -> lines.add(range.toString()));
    }
    return lines;
  }
}
