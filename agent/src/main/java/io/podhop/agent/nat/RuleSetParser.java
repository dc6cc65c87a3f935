package io.podhop.agent.nat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads what {@code iptables-save [-c]} and {@code iptables -S [-v]} print, of either backend; a
 * file of several {@code -S} listings too. Lines it cannot read are kept as such.
 */
public final class RuleSetParser {
  private static final Pattern COUNTERS = Pattern.compile("^\\[(\\d{1,18}):(\\d{1,18})] (?=-A )");
  private static final Pattern CHAIN = Pattern.compile("^:(\\S+) (\\S+)(?: \\[\\d+:\\d+])?$");
  private static final Pattern POLICY = Pattern.compile("^-P (\\S+) (\\S+)(?: -c \\d+ \\d+)?$");
  private static final Pattern NEW_CHAIN = Pattern.compile("^-N (\\S+)$");
  private static final Pattern RULE = Pattern.compile("^-A (\\S+) ?(.*)$");
  private static final int MAX_UNPARSED = 100;

  private final Backend backend;
  private final Map<String, Map<String, Building>> tables = new LinkedHashMap<>();
  private final List<String> unparsed = new ArrayList<>();
  private String table;

  private static final class Building {
    String policy = "-";
    final List<Rule> rules = new ArrayList<>();
  }

  private RuleSetParser(Backend backend, String table) {
    this.backend = backend;
    this.table = table;
  }

  /** Reads the output of iptables-save, which names its tables. */
  public static Ruleset parse(Backend backend, String text) {
    return parse(backend, "filter", text);
  }

  /**
   * @param table the table of rules that stand before any {@code *table} line
   */
  public static Ruleset parse(Backend backend, String table, String text) {
    RuleSetParser parser = new RuleSetParser(backend, table);
    text.lines().forEach(parser::line);
    return parser.finish();
  }

  private void line(String raw) {
    String line = raw.strip();
    if (line.isEmpty() || line.startsWith("#") || line.equals("COMMIT")) {
      return;
    }
    if (line.startsWith("*")) {
      table = line.substring(1).strip();
      tables.computeIfAbsent(table, _ -> new LinkedHashMap<>());
      return;
    }
    if (!rule(line) && !chain(line) && unparsed.size() < MAX_UNPARSED) {
      unparsed.add(line);
    }
  }

  private boolean chain(String line) {
    Matcher m = CHAIN.matcher(line);
    if (m.matches() || m.usePattern(POLICY).reset().matches()) {
      building(String.valueOf(m.group(1))).policy = String.valueOf(m.group(2));
      return true;
    }
    if (m.usePattern(NEW_CHAIN).reset().matches()) {
      building(String.valueOf(m.group(1)));
      return true;
    }
    return false;
  }

  private boolean rule(String line) {
    Matcher counters = COUNTERS.matcher(line);
    boolean counted = counters.find();
    Matcher m = RULE.matcher(counted ? line.substring(counters.end()) : line);
    if (!m.matches()) {
      return false;
    }
    String chain = String.valueOf(m.group(1));
    String text = String.valueOf(m.group(2));
    RuleParser.Parsed parsed = RuleParser.parse(text);
    long packets =
        counted ? RuleParser.number(String.valueOf(counters.group(1))) : parsed.packets();
    List<Rule> rules = building(chain).rules;
    rules.add(
        new Rule(
            new RulePlace(backend, table, chain),
            rules.size() + 1,
            text,
            parsed.quote(),
            parsed.matches(),
            parsed.target(),
            packets));
    return true;
  }

  private Building building(String chain) {
    return tables
        .computeIfAbsent(table, _ -> new LinkedHashMap<>())
        .computeIfAbsent(chain, _ -> new Building());
  }

  private Ruleset finish() {
    Map<String, Map<String, Chain>> finished = new LinkedHashMap<>();
    tables.forEach(
        (name, chains) -> {
          Map<String, Chain> built = new LinkedHashMap<>();
          chains.forEach(
              (chain, building) ->
                  built.put(chain, new Chain(chain, building.policy, building.rules)));
          finished.put(name, built);
        });
    return new Ruleset(backend, finished, unparsed);
  }
}
