package io.podhop.agent.nat;

import io.podhop.model.Cidr;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads what {@code nft list table ip aws-cni} prints: the connection marking of VPC CNI 1.23 and
 * later. Its expressions become the matches and targets that iptables rules have.
 */
public final class NativeTableParser {
  private static final Pattern TABLE = Pattern.compile("table ip (\\S+) \\{.*");
  private static final Pattern CHAIN = Pattern.compile("chain (\\S+) \\{.*");
  private static final Pattern HOOK = Pattern.compile("type \\w+ hook .*policy (\\w+);.*");
  private static final Pattern PRIORITY =
      Pattern.compile(".*\\bpriority (dstnat|filter)? ?(?:([+-]) ?)?(\\d{1,9})?;.*");
  private static final Pattern TRAILER =
      Pattern.compile("(?: comment \"[^\"]*\")?(?: # handle \\d+)?$");
  private static final Pattern COUNTER =
      Pattern.compile("^counter(?: packets (\\d{1,18}) bytes \\d+)? ?");
  private static final Pattern LOCAL = Pattern.compile("^fib daddr type (!= )?(\\w+) ?");
  private static final Pattern IN = Pattern.compile("^(?:meta )?iifname (!= )?\"([^\"]+)\" ?");
  private static final Pattern DESTINATION = Pattern.compile("^ip daddr (!= )?([0-9./]+) ?");
  private static final Pattern DESTINATIONS =
      Pattern.compile("^ip daddr (!= )?\\{ ([0-9./, ]+) \\} ?");
  private static final Pattern VERDICT =
      Pattern.compile("^(?:(?<word>return|accept|drop)|(?<go>jump|goto) (?<chain>\\S+))$");
  private static final Pattern SET_CONNECTION_MARK =
      Pattern.compile("^ct mark set ct mark (?:\\||or) (?<or>0x[0-9a-fA-F]+|\\d+)$");
  private static final Pattern RESTORE_MARK =
      Pattern.compile("^meta mark set ct mark(?: (?:&|and) (?<and>0x[0-9a-fA-F]+|\\d+))?$");

  private final Map<String, Chain> chains = new LinkedHashMap<>();
  private final List<String> unparsed = new ArrayList<>();
  private String table = RuleNames.NATIVE_TABLE;
  private String chain = "";
  private String policy = "-";
  private OptionalInt priority = OptionalInt.empty();
  private List<Rule> rules = new ArrayList<>();
  private int number;

  private NativeTableParser() {}

  public static Ruleset parse(String text) {
    NativeTableParser parser = new NativeTableParser();
    text.lines().map(String::strip).forEach(parser::line);
    return new Ruleset(
        Backend.NATIVE,
        parser.chains.isEmpty() ? Map.of() : Map.of(parser.table, parser.chains),
        parser.unparsed);
  }

  private void line(String line) {
    Matcher m = TABLE.matcher(line);
    if (m.matches()) {
      table = String.valueOf(m.group(1));
    } else if (m.usePattern(CHAIN).reset().matches()) {
      chain = String.valueOf(m.group(1));
      policy = "-";
      priority = OptionalInt.empty();
      rules = new ArrayList<>();
      number = 0;
    } else if (m.usePattern(HOOK).reset().matches()) {
      policy = "accept".equals(m.group(1)) ? "ACCEPT" : "DROP";
      priority = priority(line);
    } else if (line.startsWith("}")) {
      if (!chain.isEmpty()) {
        chains.put(chain, new Chain(chain, policy, priority, rules));
      }
      chain = "";
    } else if (!line.isEmpty() && !line.startsWith("#")) {
      rule(line);
    }
  }

  /** By number, or as an offset of a name; other names than those of this table are not known. */
  private static OptionalInt priority(String line) {
    Matcher m = PRIORITY.matcher(line);
    if (!m.matches() || m.group(1) == null && m.group(3) == null) {
      return OptionalInt.empty();
    }
    int base = "dstnat".equals(m.group(1)) ? Chain.DSTNAT : 0;
    int offset = m.group(3) == null ? 0 : Integer.parseInt(m.group(3));
    return OptionalInt.of("-".equals(m.group(2)) ? base - offset : base + offset);
  }

  private void rule(String line) {
    if (chain.isEmpty()) {
      unparsed.add(line);
      return;
    }
    number++;
    String text = TRAILER.matcher(line).replaceFirst("");
    String quote = text.replaceFirst("counter(?: packets \\d+ bytes \\d+)? ?", "");
    Matcher counted = Pattern.compile("packets (\\d{1,18})").matcher(text);
    long packets = counted.find() ? RuleParser.number(String.valueOf(counted.group(1))) : 0;
    RulePlace place = new RulePlace(Backend.NATIVE, table, chain);
    List<Match> matches = new ArrayList<>();
    List<Cidr> anyOf = new ArrayList<>();
    Target target = target(conditions(text, matches, anyOf), matches);
    for (List<Match> one : alternatives(matches, anyOf)) {
      rules.add(new Rule(place, number, text, quote, one, target, packets));
    }
  }

  /** A set of addresses is one rule per address here: one of them matches or none does. */
  private static List<List<Match>> alternatives(List<Match> matches, List<Cidr> anyOf) {
    if (anyOf.isEmpty()) {
      return List.of(matches);
    }
    List<List<Match>> all = new ArrayList<>();
    for (Cidr range : anyOf) {
      List<Match> one = new ArrayList<>(matches);
      one.add(new Match.Destination(range, false));
      all.add(one);
    }
    return all;
  }

  private static String conditions(String text, List<Match> matches, List<Cidr> anyOf) {
    String rest = text;
    while (true) {
      Matcher m = COUNTER.matcher(rest);
      if (m.find()) {
        rest = rest.substring(m.end());
      } else if (m.usePattern(LOCAL).reset().find()) {
        Set<String> types = Set.of(String.valueOf(m.group(2)).toUpperCase(Locale.ROOT));
        matches.add(new Match.AddressType(false, types, m.group(1) != null, Match.Limit.NONE));
        rest = rest.substring(m.end());
      } else if (m.usePattern(IN).reset().find()) {
        String name = String.valueOf(m.group(2)).replaceFirst("\\*$", "+");
        matches.add(new Match.InInterface(name, m.group(1) != null));
        rest = rest.substring(m.end());
      } else if (m.usePattern(DESTINATION).reset().find()) {
        Optional<Cidr> range = Cidr.tryParse(String.valueOf(m.group(2)));
        boolean negated = m.group(1) != null;
        matches.add(
            range.isPresent()
                ? new Match.Destination(range.get(), negated)
                : new Match.UnknownMatch(String.valueOf(m.group())));
        rest = rest.substring(m.end());
      } else if (m.usePattern(DESTINATIONS).reset().find() && m.group(1) == null) {
        for (String range : String.valueOf(m.group(2)).split(", *")) {
          Cidr.tryParse(range.strip()).ifPresent(anyOf::add);
        }
        rest = rest.substring(m.end());
      } else {
        return rest;
      }
    }
  }

  private static Target target(String text, List<Match> matches) {
    Matcher m = VERDICT.matcher(text);
    if (m.matches()) {
      String chain = m.group("chain");
      if (chain != null) {
        return new Target.Jump(chain, "jump".equals(m.group("go")));
      }
      return switch (String.valueOf(m.group("word"))) {
        case "accept" -> new Target.Accept();
        case "drop" -> new Target.Drop();
        default -> new Target.Return();
      };
    }
    if (m.usePattern(SET_CONNECTION_MARK).reset().matches()) {
      int[] mark = Masks.mark(String.valueOf(m.group("or")), -1).orElse(new int[] {0, 0});
      return new Target.SetConnectionMark(mark[0], mark[0]);
    }
    if (m.usePattern(RESTORE_MARK).reset().matches()) {
      String and = m.group("and");
      int[] mark = Masks.mark(and == null ? "0xffffffff" : and, -1).orElse(new int[] {-1, -1});
      return new Target.RestoreMark(-1, mark[0]);
    }
    if (text.isEmpty()) {
      return new Target.None();
    }
    matches.add(new Match.UnknownMatch(text));
    return new Target.Other(text, false);
  }
}
