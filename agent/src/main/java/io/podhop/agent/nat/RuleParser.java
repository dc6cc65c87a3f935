package io.podhop.agent.nat;

import io.podhop.model.Cidr;
import io.podhop.model.Protocol;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Takes apart one rule, from the word after {@code -A CHAIN} on. */
final class RuleParser {
  private static final Set<String> SILENT_MODULES =
      Set.of(
          "tcp",
          "udp",
          "icmp",
          "icmp6",
          "ipv6-icmp",
          "comment",
          "mark",
          "connmark",
          "addrtype",
          "state",
          "conntrack",
          "statistic",
          "multiport",
          "nfacct",
          "set",
          "iprange",
          "mac",
          "ttl",
          "hl",
          "length",
          "pkttype");

  private final String line;
  private final RuleTokens tokens;
  private final List<Match> matches = new ArrayList<>();
  private final StringBuilder quote = new StringBuilder();
  private Optional<Target> target = Optional.empty();
  private long packets;
  private int next;
  private int optionAt;
  private boolean negated;

  /** What a rule says. */
  record Parsed(List<Match> matches, Target target, String quote, long packets) {}

  private RuleParser(String line) {
    this.line = line;
    this.tokens = new RuleTokens(line);
  }

  static Parsed parse(String text) {
    return new RuleParser(text).parse();
  }

  private Parsed parse() {
    while (next < tokens.size()) {
      int first = next;
      option();
      boolean silent = tokens.get(first).equals("-c") || isComment(first);
      if (!silent) {
        quote.append(quote.isEmpty() ? "" : " ");
        quote.append(line, tokens.start(first), tokens.end(next - 1));
      }
    }
    return new Parsed(matches, target.orElse(new Target.None()), quote.toString(), packets);
  }

  private boolean isComment(int index) {
    return tokens.get(index).equals("--comment")
        || (tokens.get(index).equals("-m") && tokens.get(index + 1).equals("comment"));
  }

  private void option() {
    negated = tokens.get(next).equals("!");
    if (negated) {
      next++;
    }
    optionAt = next;
    String option = tokens.get(next);
    next = Math.min(next + 1, tokens.size());
    switch (option) {
      case "-c" -> {
        packets = number(tokens.get(next));
        next = Math.min(next + 2, tokens.size());
      }
      case "-m", "--match" -> module(value());
      case "-j", "--jump" -> jump(value());
      case "-g", "--goto" -> target = Optional.of(new Target.Jump(value(), false));
      default -> matches.add(match(option));
    }
  }

  /** The next word; a {@code !} before it negates, as old releases print it. */
  private String value() {
    if (tokens.get(next).equals("!")) {
      negated = true;
      next++;
    }
    String word = tokens.get(next);
    next = Math.min(next + 1, tokens.size());
    return word;
  }

  private Match match(String option) {
    return switch (option) {
      case "-s", "--source" -> range(option);
      case "-d", "--destination" -> range(option);
      case "-i", "--in-interface" -> {
        String name = value();
        yield new Match.InInterface(name, negated);
      }
      case "-o", "--out-interface" -> {
        String name = value();
        yield new Match.OutInterface(name, negated);
      }
      case "-p", "--protocol" -> protocol();
      case "--sport", "--sports", "--dport", "--dports", "--ports" -> ports(option);
      case "--src-type", "--dst-type" -> addressType(option);
      case "--mark" -> mark();
      case "--state", "--ctstate" -> {
        Set<String> states = Set.copyOf(Arrays.asList(value().split(",")));
        yield new Match.State(states, negated);
      }
      case "--mode" -> statistic();
      case "--comment" -> new Match.Comment(value());
      case "--nfacct-name" -> new Match.Always(option + " " + value());
      case "--limit-iface-in", "--limit-iface-out" -> new Match.Always(option);
      default -> extension(option);
    };
  }

  private Match extension(String option) {
    int arguments = ExtensionParser.arguments(option);
    if (arguments < 0) {
      return unknown(option);
    }
    List<String> values = new ArrayList<>();
    for (int i = 0; i < arguments; i++) {
      values.add(value());
    }
    Optional<Match> parsed = ExtensionParser.parse(option, values, negated);
    return parsed.isPresent() ? parsed.get() : new Match.UnknownMatch(words(optionAt, next));
  }

  private Match range(String option) {
    String text = value();
    Optional<Cidr> range = Masks.range(text);
    if (range.isEmpty()) {
      return new Match.UnknownMatch(option + " " + text);
    }
    return option.equals("-s") || option.equals("--source")
        ? new Match.Source(range.get(), negated)
        : new Match.Destination(range.get(), negated);
  }

  private Match protocol() {
    String name = value();
    if (name.equals("all")) {
      return new Match.TransportProtocol(0, negated);
    }
    for (Protocol protocol : Protocol.values()) {
      if (protocol.toString().equals(name)) {
        return new Match.TransportProtocol(protocol.number(), negated);
      }
    }
    if (name.equals("ipv6-icmp")) {
      return new Match.TransportProtocol(Protocol.ICMPV6.number(), negated);
    }
    return name.matches("\\d{1,3}")
        ? new Match.TransportProtocol(Integer.parseInt(name), negated)
        : new Match.TransportProtocol(-1, negated);
  }

  private Match ports(String option) {
    String text = value();
    List<Match.PortRange> ranges = new ArrayList<>();
    for (String part : text.split(",")) {
      String[] ends = part.split(":", 2);
      if (!(ends[0] + ends[ends.length - 1]).matches("\\d{0,10}")) {
        return new Match.UnknownMatch(option + " " + text);
      }
      int first = ends[0].isEmpty() ? 0 : (int) number(ends[0]);
      String last = ends[ends.length - 1];
      ranges.add(new Match.PortRange(first, last.isEmpty() ? 65535 : (int) number(last)));
    }
    return switch (option.charAt(2)) {
      case 's' -> new Match.SourcePorts(ranges, negated);
      case 'd' -> new Match.DestinationPorts(ranges, negated);
      default -> new Match.EitherPorts(ranges, negated);
    };
  }

  private Match addressType(String option) {
    Set<String> types = Set.copyOf(Arrays.asList(value().toUpperCase(Locale.ROOT).split(",")));
    return new Match.AddressType(option.equals("--src-type"), types, negated, limit());
  }

  /** Printed behind both types, and meant for both. */
  private Match.Limit limit() {
    for (int i = next; i < tokens.size() && !tokens.get(i).matches("-[mjgpsdioc]"); i++) {
      switch (tokens.get(i)) {
        case "--limit-iface-in" -> {
          return Match.Limit.IN;
        }
        case "--limit-iface-out" -> {
          return Match.Limit.OUT;
        }
        default -> {}
      }
    }
    return Match.Limit.NONE;
  }

  private Match mark() {
    int before = negated ? optionAt - 2 : optionAt - 1;
    boolean ofConnection = before >= 0 && tokens.get(before).equals("connmark");
    String text = value();
    Optional<int[]> mark = Masks.mark(text, -1);
    if (mark.isEmpty()) {
      return new Match.UnknownMatch("--mark " + text);
    }
    int[] pair = mark.get();
    return ofConnection
        ? new Match.ConnectionMark(pair[0], pair[1], negated)
        : new Match.Mark(pair[0], pair[1], negated);
  }

  private Match statistic() {
    String mode = value();
    boolean not = tokens.get(next).equals("!");
    int at = not ? next + 1 : next;
    String text = tokens.get(at + 1);
    if (mode.equals("random")
        && tokens.get(at).equals("--probability")
        && text.matches("[01](\\.\\d{1,15})?")) {
      next = at + 2;
      double probability = Double.parseDouble(text);
      return new Match.Statistic(not ? 1 - probability : probability);
    }
    if (mode.equals("nth") && tokens.get(at).equals("--every") && text.matches("[1-9]\\d{0,8}")) {
      skipArguments();
      double share = 1.0 / Integer.parseInt(text);
      return new Match.Statistic(not ? 1 - share : share);
    }
    skipArguments();
    return new Match.UnknownMatch(words(optionAt, next));
  }

  private void module(String name) {
    if (SILENT_MODULES.contains(name)) {
      return;
    }
    int first = next;
    skipArguments();
    String text = words(optionAt, next);
    matches.add(
        switch (name) {
          case "limit", "hashlimit" -> new Match.Limited(text);
          case "recent" -> ExtensionParser.recent(tokens, first, next, text);
          default -> new Match.UnknownMatch(text);
        });
  }

  private Match unknown(String option) {
    if (option.startsWith("-")) {
      skipArguments();
    }
    return new Match.UnknownMatch((negated ? "! " : "") + words(optionAt, next));
  }

  /** What belongs to an extension lasts until the next option that iptables itself has. */
  private void skipArguments() {
    while (next < tokens.size()) {
      String word = tokens.get(next);
      boolean own =
          word.length() == 2 && word.startsWith("-") && "mjgpsdioc".indexOf(word.charAt(1)) >= 0;
      boolean ownNegated = word.equals("!") && tokens.get(next + 1).length() == 2;
      if (own || ownNegated) {
        return;
      }
      next++;
    }
  }

  private void jump(String name) {
    int first = next;
    next = tokens.size();
    String options = words(first, next);
    target = Optional.of(TargetParser.parse(name, options, tokens, first));
  }

  private String words(int from, int to) {
    return from >= to ? "" : line.substring(tokens.start(from), tokens.end(to - 1));
  }

  static long number(String text) {
    return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
  }
}
