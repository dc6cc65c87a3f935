package io.podhop.agent.route;

import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.RtNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads what iproute2 printed into the records that {@link RouteReader} gets over rtnetlink. Blank
 * lines and shell prompts are passed over; lines that cannot be read are handed back. Text names
 * interfaces: their indexes are those of the links given, else 0.
 */
public final class RouteText {
  private static final Pattern COLOUR = Pattern.compile("\u001b\\[[0-9;]*m");
  private static final Pattern PROMPT =
      Pattern.compile("(\\S+@\\S+|\\[[^\\]]*])?\\s?[#$>]{1,2} ?.*");
  private static final Pattern TABLE_ASKED =
      Pattern.compile(".*\\bip\\b.*\\s(?:r|ro|route)\\b.*\\stable\\s+(\\S+).*");
  private static final Pattern ARP_HEADING = Pattern.compile("Address +HWtype .*");

  private RouteText() {}

  /**
   * @param unread lines that say nothing podhop knows, as they stand in the text
   */
  public record Parsed<T>(List<T> values, List<String> unread) {
    public Parsed {
      values = List.copyOf(values);
      unread = List.copyOf(unread);
    }
  }

  /** {@code ip rule}, of IPv4. */
  public static Parsed<PolicyRule> rules(String text) {
    return rules(text, IpFamily.IPV4);
  }

  /**
   * {@code ip rule} or {@code ip -6 rule}. A rule without a priority gets {@link
   * PolicyRule#PRIORITY_UNKNOWN}.
   */
  public static Parsed<PolicyRule> rules(String text, IpFamily family) {
    return each(lines(text), line -> RuleText.parse(line, family));
  }

  /** As {@link #routes(String, int, IpFamily, List)}, of table main, IPv4 and without links. */
  public static Parsed<Route> routes(String text) {
    return routes(text, RtNames.TABLE_MAIN, IpFamily.IPV4, List.of());
  }

  /**
   * {@code ip route show table …}, {@code all} too; a prompt that asks for a table sets it for the
   * lines below.
   *
   * @param table the table of lines that name none
   * @param family of default routes that do not show theirs
   * @param links where interface names get their indexes from
   */
  public static Parsed<Route> routes(String text, int table, IpFamily family, List<Link> links) {
    Map<String, Integer> ifindexes = RouteLine.ifindexes(links);
    List<Route> values = new ArrayList<>();
    List<String> unread = new ArrayList<>();
    int current = table;
    for (String line : joined(text)) {
      if (isPrompt(line)) {
        current = tableAsked(line).orElse(current);
        continue;
      }
      try {
        values.add(RouteLine.parse(line, current, family, ifindexes));
      } catch (UnreadableLineException e) {
        unread.add(line);
      }
    }
    return new Parsed<>(values, unread);
  }

  /** {@code ip addr}, {@code ip link} or {@code ip -d link}. */
  public static Parsed<Link> links(String text) {
    return new LinkText(lines(text)).links();
  }

  /** {@code ip addr}. */
  public static Parsed<InterfaceAddress> addresses(String text) {
    return new LinkText(lines(text)).addresses();
  }

  /** As {@link #neighbours(String, List)} without links. */
  public static Parsed<Neighbour> neighbours(String text) {
    return neighbours(text, List.of());
  }

  /** {@code ip neigh}, {@code ip -j neigh} or {@code arp -n}. */
  public static Parsed<Neighbour> neighbours(String text, List<Link> links) {
    Map<String, Integer> ifindexes = RouteLine.ifindexes(links);
    if (text.stripLeading().startsWith("[{") || text.strip().equals("[]")) {
      return NeighbourText.json(text, ifindexes);
    }
    List<String> lines =
        lines(text).stream().filter(line -> !ARP_HEADING.matcher(line).matches()).toList();
    return each(lines, line -> NeighbourText.parse(line, ifindexes));
  }

  private static <T> Parsed<T> each(List<String> lines, LineParser<T> parser) {
    List<T> values = new ArrayList<>();
    List<String> unread = new ArrayList<>();
    for (String line : lines) {
      try {
        values.add(parser.parse(line));
      } catch (UnreadableLineException e) {
        unread.add(line);
      }
    }
    return new Parsed<>(values, unread);
  }

  /** Without blank lines, prompts and colours. */
  private static List<String> lines(String text) {
    return COLOUR
        .matcher(text)
        .replaceAll("")
        .lines()
        .filter(line -> !line.isBlank() && !isPrompt(line))
        .toList();
  }

  /** With prompts; the lines of a multipath route are one. */
  private static List<String> joined(String text) {
    List<String> joined = new ArrayList<>();
    for (String line : COLOUR.matcher(text).replaceAll("").replace('\\', ' ').lines().toList()) {
      boolean goesOn = line.strip().startsWith("nexthop ") && !joined.isEmpty();
      if (goesOn) {
        joined.add(joined.removeLast() + " " + line.strip());
      } else if (!line.isBlank()) {
        joined.add(line);
      }
    }
    return joined;
  }

  private static boolean isPrompt(String line) {
    return PROMPT.matcher(line).matches();
  }

  private static OptionalInt tableAsked(String prompt) {
    Matcher asked = TABLE_ASKED.matcher(prompt);
    return asked.matches() ? RtNames.tableNumber(Words.group(asked, 1)) : OptionalInt.empty();
  }

  @FunctionalInterface
  private interface LineParser<T> {
    T parse(String line) throws UnreadableLineException;
  }
}
