package io.podhop.agent.nat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The kernel's address sets (ipset(8)), by name.
 *
 * @param why the reason when a set is not known: it does not exist, or sets were not read
 */
public record IpSets(Map<String, IpSet> byName, String why) {
  /** Sets were not looked for. */
  public static final IpSets UNREAD = new IpSets(Map.of(), "sets were not read");

  public IpSets {
    byName = Map.copyOf(byName);
  }

  public Optional<IpSet> named(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** Reads what {@code ipset save} prints; lines it cannot read make their set an unknown one. */
  public static IpSets parse(String text) {
    Map<String, IpSet.Building> building = new LinkedHashMap<>();
    text.lines()
        .map(RuleTokens::new)
        .forEach(
            words -> {
              if (words.get(0).equals("create")) {
                building.put(words.get(1), IpSet.create(words));
              } else if (words.get(0).equals("add") && building.containsKey(words.get(1))) {
                building.get(words.get(1)).add(words);
              }
            });
    Map<String, IpSet> sets = new LinkedHashMap<>();
    building.forEach((name, set) -> sets.put(name, set.finish()));
    return new IpSets(sets, "ipset has no set of that name");
  }
}
