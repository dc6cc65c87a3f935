package io.podhop.agent.route;

import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.RtNames;
import io.podhop.model.Cidr;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A rule of the routing policy database ({@code ip rule}).
 *
 * @param inverted {@code not}: applies when the selectors do not match
 * @param fwmark compared with the packet's mark under {@code fwmarkMask}; mask 0 takes any mark
 * @param inInterface empty takes any; {@code lo} means packets of the node itself
 * @param outInterface of a socket bound to an interface; empty takes any
 * @param table where a {@code lookup} looks; 0 for other actions
 * @param gotoPriority where a {@code goto} goes on
 * @param suppressPrefixLength a lookup's result with a prefix this short or shorter is ignored; -1
 *     for none
 * @param otherSelectors selectors that are rarely used, each in iproute2's words: {@code dport 443}
 * @param detached what the rule names and does not exist
 */
public record PolicyRule(
    IpFamily family,
    int priority,
    boolean inverted,
    Optional<Cidr> from,
    Optional<Cidr> to,
    int fwmark,
    int fwmarkMask,
    String inInterface,
    String outInterface,
    RuleAction action,
    int table,
    int gotoPriority,
    int suppressPrefixLength,
    List<String> otherSelectors,
    Detached detached) {
  /** The priority of a rule from text that does not say it; as unsigned the last. */
  public static final int PRIORITY_UNKNOWN = -1;

  public PolicyRule {
    otherSelectors = List.copyOf(otherSelectors);
  }

  /**
   * What does not exist: the interfaces, or the rule that a {@code goto} goes to; then the rule can
   * not apply.
   */
  public record Detached(boolean in, boolean out, boolean target) {}

  /** As {@code ip rule} prints it behind the priority: {@code from 192.168.1.21 lookup 2}. */
  public String text() {
    StringBuilder text = new StringBuilder(inverted ? "not from " : "from ");
    text.append(from.map(PolicyRule::rangeText).orElse("all"));
    to.ifPresent(range -> text.append(" to ").append(rangeText(range)));
    appendSelectors(text, selector -> selector.startsWith("tos "));
    if (fwmark != 0 || fwmarkMask != 0) {
      text.append(" fwmark 0x").append(Integer.toHexString(fwmark));
      text.append(fwmarkMask == -1 ? "" : "/0x" + Integer.toHexString(fwmarkMask));
    }
    appendInterface(text, " iif ", inInterface, detached.in);
    appendInterface(text, " oif ", outInterface, detached.out);
    appendSelectors(text, selector -> !selector.matches("(tos |suppress_|l3mdev).*"));
    text.append(' ').append(actionText());
    appendSelectors(text, selector -> selector.startsWith("suppress_"));
    return text.toString();
  }

  /** Selectors in the places where iproute2 has them. */
  private void appendSelectors(StringBuilder text, Predicate<String> which) {
    otherSelectors.stream().filter(which).forEach(one -> text.append(' ').append(one));
  }

  private static void appendInterface(
      StringBuilder text, String keyword, String name, boolean gone) {
    if (!name.isEmpty()) {
      text.append(keyword).append(name).append(gone ? " [detached]" : "");
    }
  }

  private String actionText() {
    return switch (action) {
      case LOOKUP ->
          "lookup "
              + (otherSelectors.contains("l3mdev") ? "[l3mdev-table]" : RtNames.table(table))
              + (suppressPrefixLength >= 0 ? " suppress_prefixlength " + suppressPrefixLength : "");
      case GOTO -> "goto " + gotoPriority + (detached.target ? " [unresolved]" : "");
      case NOP -> "nop";
      case BLACKHOLE -> "blackhole";
      case UNREACHABLE -> "unreachable";
      case PROHIBIT -> "prohibit";
    };
  }

  private static String rangeText(Cidr range) {
    return range.prefixLength() == range.address().bits()
        ? range.address().toString()
        : range.toString();
  }
}
