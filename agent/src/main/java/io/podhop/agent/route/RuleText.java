package io.podhop.agent.route;

import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.RtNames;
import io.podhop.model.Cidr;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a line of {@code ip rule}: the inverse of {@link PolicyRule#text()}. */
final class RuleText {
  private static final Pattern PRIORITY = Pattern.compile("(\\d{1,10}):\\s+(.*)");
  private static final String DETACHED = "[detached]";

  private final IpFamily family;
  private final Words words;
  private final int priority;
  private final List<String> otherSelectors = new ArrayList<>();
  private Optional<Cidr> from = Optional.empty();
  private Optional<Cidr> to = Optional.empty();
  private int fwmark;
  private int fwmarkMask;
  private String inInterface = "";
  private String outInterface = "";
  private boolean inDetached;
  private boolean outDetached;
  private boolean unresolved;
  private Optional<RuleAction> action = Optional.empty();
  private int table;
  private int gotoPriority;
  private int suppressPrefixLength = -1;

  private RuleText(String line, IpFamily family) throws UnreadableLineException {
    Matcher matcher = PRIORITY.matcher(line.strip());
    boolean numbered = matcher.matches();
    this.family = family;
    this.priority =
        numbered ? Words.unsigned(Words.group(matcher, 1)) : PolicyRule.PRIORITY_UNKNOWN;
    this.words = new Words(numbered ? Words.group(matcher, 2) : line);
  }

  static PolicyRule parse(String line, IpFamily family) throws UnreadableLineException {
    return new RuleText(line, family).parse();
  }

  private PolicyRule parse() throws UnreadableLineException {
    boolean inverted = words.take("not");
    if (!words.peek(0).equals("from")) {
      throw new UnreadableLineException("a rule begins with its source");
    }
    while (words.hasNext()) {
      String keyword = words.next();
      if (!selector(keyword) && !action(keyword)) {
        throw new UnreadableLineException("unknown word: " + keyword);
      }
    }
    return new PolicyRule(
        family,
        priority,
        inverted,
        from,
        to,
        fwmark,
        fwmarkMask,
        inInterface,
        outInterface,
        action.orElseThrow(() -> new UnreadableLineException("a rule without an action")),
        table,
        gotoPriority,
        suppressPrefixLength,
        otherSelectors,
        new PolicyRule.Detached(inDetached, outDetached, unresolved));
  }

  private boolean selector(String keyword) throws UnreadableLineException {
    switch (keyword) {
      case "from" -> from = range();
      case "to" -> to = range();
      case "fwmark" -> mark(words.next());
      case "iif" -> {
        inInterface = words.next();
        inDetached = words.take(DETACHED);
      }
      case "oif" -> {
        outInterface = words.next();
        outDetached = words.take(DETACHED);
      }
      case "tos", "uidrange", "ipproto", "sport", "dport", "tun_id", "dscp", "suppress_ifgroup" ->
          otherSelectors.add(keyword + " " + words.next());
      case "proto", "protocol" -> words.skip(1);
      default -> {
        return false;
      }
    }
    return true;
  }

  private Optional<Cidr> range() throws UnreadableLineException {
    if (words.take("all")) {
      return Optional.empty();
    }
    Cidr range = words.range();
    if (IpFamily.of(range.address()) != family) {
      throw new UnreadableLineException("a range of the other address family");
    }
    // A range of length 0 is no attribute of the rule, so iproute2 prints "all" for it.
    return range.prefixLength() == 0 ? Optional.empty() : Optional.of(range);
  }

  private void mark(String word) throws UnreadableLineException {
    int slash = word.indexOf('/');
    fwmark = Words.unsigned(slash < 0 ? word : word.substring(0, slash));
    fwmarkMask = slash < 0 ? -1 : Words.unsigned(word.substring(slash + 1));
  }

  private boolean action(String keyword) throws UnreadableLineException {
    switch (keyword) {
      case "lookup", "table" -> lookup(words.next());
      case "suppress_prefixlength" -> suppressPrefixLength = words.unsignedNumber();
      case "goto" -> {
        gotoPriority = words.unsignedNumber();
        unresolved = words.take("[unresolved]");
        action = Optional.of(RuleAction.GOTO);
      }
      case "nop", "blackhole", "unreachable", "prohibit" ->
          action = Optional.of(RuleAction.valueOf(keyword.toUpperCase(Locale.ROOT)));
      default -> {
        return false;
      }
    }
    return true;
  }

  private void lookup(String name) throws UnreadableLineException {
    action = Optional.of(RuleAction.LOOKUP);
    if (name.equals("[l3mdev-table]")) {
      otherSelectors.add("l3mdev");
    } else {
      table = Words.known(RtNames.tableNumber(name), "table " + name);
    }
  }
}
