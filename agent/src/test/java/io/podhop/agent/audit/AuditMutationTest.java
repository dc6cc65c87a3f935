package io.podhop.agent.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.AuditReport;
import io.podhop.model.Finding;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Whatever single rule or route of a healthy node is lost, doubled or changed: it is named. */
class AuditMutationTest {
  private static final int CASES = 600;
  private static final Pattern ADDRESS = Pattern.compile("10\\.1\\.1\\.\\d+|10\\.1\\.0\\.20");

  @Test
  void audit_anyOneChange_namesIt() {
    for (int seed = 0; seed < CASES; seed++) {
      Random random = new Random(seed);
      AuditedNode node = new AuditedNode();
      boolean ofRules = random.nextInt(3) < 2;
      String change = ofRules ? changeRule(node.rules, random) : changeRoute(node.routes, random);
      String line = change.substring(change.indexOf('|') + 1);

      AuditReport report = node.audit();

      assertThat(report.findings()).as("seed %d: %s", seed, change).isNotEmpty();
      assertThat(report.findings())
          .as("seed %d: %s names %s", seed, change, key(line))
          .anyMatch(finding -> text(finding).contains(key(line)));
    }
  }

  private static String text(Finding finding) {
    return finding.subject() + " " + finding.sentence() + " " + finding.evidence();
  }

  /** What people know the rule or route by. */
  private static String key(String line) {
    Matcher address = ADDRESS.matcher(line);
    if (address.find()) {
      return address.group();
    }
    if (line.contains("fwmark")) {
      return "fwmark";
    }
    if (line.contains("table 2")) {
      return "table 2";
    }
    return line.contains("local") ? "local" : "main";
  }

  /** Returns what was done, and the line as it was. */
  private static String changeRule(List<String> rules, Random random) {
    int at = random.nextInt(rules.size() - 1); // All but the last, of the empty table default.
    String line = rules.get(at);
    switch (random.nextInt(5)) {
      case 0 -> rules.remove(at);
      case 1 -> rules.add(random.nextInt(rules.size()), line);
      case 2 -> rules.set(at, line.replaceFirst("^\\d+:", 40 + random.nextInt(400) + ":"));
      case 3 ->
          rules.set(at, line.replaceFirst("lookup \\S+$", "lookup " + (5 + random.nextInt(90))));
      default -> {
        String other = line.replaceFirst("10\\.1\\.[01]\\.\\d+", "10.1.9." + random.nextInt(250));
        if (other.equals(line)) {
          rules.remove(at);
        } else {
          rules.set(at, other);
        }
      }
    }
    return "rule|" + line;
  }

  /** All but the subnet's, which is not the CNI's. */
  private static String changeRoute(List<String> routes, Random random) {
    List<Integer> ours = List.of(0, 2, 3, 4, 5, 6, 7);
    int at = ours.get(random.nextInt(ours.size()));
    String line = routes.get(at);
    boolean host = line.startsWith("10.1.1.");
    switch (random.nextInt(3)) {
      case 0 -> routes.remove(at);
      case 1 ->
          routes.set(
              at, host ? line.replaceFirst("dev \\S+", "dev eth1") : "blackhole " + tail(line));
      default ->
          routes.set(
              at,
              host
                  ? "unreachable " + line.substring(0, line.indexOf(' '))
                  : line.replaceFirst("^\\S+", "10.1.200.0/24"));
    }
    return "route|" + line;
  }

  /** Destination and table without the next hop. */
  private static String tail(String line) {
    return line.substring(0, line.indexOf(' ')) + (line.contains("table 2") ? " table 2" : "");
  }
}
