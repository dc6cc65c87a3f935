package io.podhop.agent.nat;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What one backend holds.
 *
 * @param tables by table name, then chain name
 * @param unparsed lines that could not be read, for people
 */
public record Ruleset(
    Backend backend, Map<String, Map<String, Chain>> tables, List<String> unparsed) {
  public Ruleset {
    tables = new LinkedHashMap<>(tables);
    unparsed = List.copyOf(unparsed);
  }

  public static Ruleset empty(Backend backend) {
    return new Ruleset(backend, Map.of(), List.of());
  }

  @Override
  public Map<String, Map<String, Chain>> tables() {
    return Collections.unmodifiableMap(tables);
  }

  public Optional<Chain> chain(String table, String chain) {
    return Optional.ofNullable(tables.getOrDefault(table, Map.of()).get(chain));
  }

  public Stream<Chain> chains(String table) {
    return tables.getOrDefault(table, Map.of()).values().stream();
  }

  /** All rules, table by table, chain by chain. */
  public Stream<Rule> rules() {
    return tables.values().stream()
        .flatMap(chains -> chains.values().stream())
        .flatMap(chain -> chain.rules().stream());
  }

  /** How many lines could not be read, and the first of them, for people; empty when all could. */
  public Optional<String> unread() {
    return unparsed.isEmpty()
        ? Optional.empty()
        : Optional.of(
            unparsed.size()
                + " lines of the "
                + backend
                + " rules could not be read, the first: "
                + unparsed.getFirst());
  }

  public boolean isEmpty() {
    return rules().findAny().isEmpty();
  }
}
