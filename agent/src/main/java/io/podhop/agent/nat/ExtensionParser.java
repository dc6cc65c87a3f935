package io.podhop.agent.nat;

import io.podhop.model.IpAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The options of the match extensions that ask for one thing of a packet. */
final class ExtensionParser {
  private static final List<String> TCP_FLAGS =
      List.of("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR");
  private static final int ALL_FLAGS = 0x3f;
  private static final int SYN_MASK = 0x17;
  private static final int SYN = 2;

  private ExtensionParser() {}

  /** How many words follow the option; -1 for an option that is not read here. */
  static int arguments(String option) {
    return switch (option) {
      case "--syn" -> 0;
      case "--tcp-flags", "--match-set" -> 2;
      case "--icmp-type",
          "--icmpv6-type",
          "--src-range",
          "--dst-range",
          "--mac-source",
          "--ttl-eq",
          "--ttl-lt",
          "--ttl-gt",
          "--hl-eq",
          "--hl-lt",
          "--hl-gt",
          "--length",
          "--pkt-type",
          "--ctdir" ->
          1;
      default -> -1;
    };
  }

  /** Empty when a value has a form that is not read. */
  static Optional<Match> parse(String option, List<String> values, boolean negated) {
    String value = values.isEmpty() ? "" : values.getFirst();
    return switch (option) {
      case "--syn" -> Optional.of(new Match.TcpFlags(SYN_MASK, SYN, negated));
      case "--tcp-flags" -> tcpFlags(value, values.getLast(), negated);
      case "--match-set" ->
          Optional.of(new Match.InSet(value, Arrays.asList(values.getLast().split(",")), negated));
      case "--icmp-type", "--icmpv6-type" -> icmp(value, negated);
      case "--src-range", "--dst-range" -> span(option, value, negated);
      case "--mac-source" ->
          Optional.of(new Match.SourceMac(value.toLowerCase(Locale.ROOT), negated));
      case "--length" -> length(value, negated);
      case "--pkt-type" -> Optional.of(new Match.LinkType(value.toLowerCase(Locale.ROOT), negated));
      case "--ctdir" -> direction(value, negated);
      default -> timeToLive(option, value, negated);
    };
  }

  /**
   * @param first of the words that belong to {@code -m recent}
   * @param end behind the last of them
   */
  static Match recent(RuleTokens words, int first, int end, String text) {
    String name = "DEFAULT";
    int seconds = 0;
    String action = "";
    boolean negated = false;
    for (int i = first; i < end; i++) {
      switch (words.get(i)) {
        case "--name" -> name = words.get(i + 1);
        case "--seconds" ->
            seconds = (int) Math.min(Integer.MAX_VALUE, RuleParser.number(words.get(i + 1)));
        case "--set", "--rcheck", "--update" -> {
          action = words.get(i);
          negated = i > first && words.get(i - 1).equals("!");
        }
        default -> {}
      }
    }
    return switch (action) {
      case "--set" -> negated ? new Match.UnknownMatch(text) : new Match.Always(text);
      case "--rcheck", "--update" -> new Match.Recent(name, seconds, negated);
      default -> new Match.UnknownMatch(text);
    };
  }

  private static Optional<Match> tcpFlags(String mask, String set, boolean negated) {
    int examined = flags(mask);
    int expected = flags(set);
    return examined < 0 || expected < 0
        ? Optional.empty()
        : Optional.of(new Match.TcpFlags(examined, expected, negated));
  }

  private static int flags(String names) {
    int flags = 0;
    for (String name : names.split(",")) {
      int index = TCP_FLAGS.indexOf(name);
      if (name.equals("ALL")) {
        flags |= ALL_FLAGS;
      } else if (index >= 0) {
        flags |= 1 << index;
      } else if (!name.equals("NONE")) {
        return -1;
      }
    }
    return flags;
  }

  private static Optional<Match> icmp(String value, boolean negated) {
    if (value.equals("any")) {
      return Optional.of(new Match.IcmpType(255, 0, 255, negated));
    }
    if (!value.matches("\\d{1,3}(/\\d{1,3})?")) {
      return Optional.empty();
    }
    String[] parts = value.split("/");
    int type = Integer.parseInt(parts[0]);
    int code = parts.length > 1 ? Integer.parseInt(parts[1]) : -1;
    return Optional.of(new Match.IcmpType(type, Math.max(code, 0), code < 0 ? 255 : code, negated));
  }

  private static Optional<Match> span(String option, String value, boolean negated) {
    String[] ends = value.split("-", 2);
    Optional<IpAddress> first = IpAddress.tryParse(ends[0]);
    Optional<IpAddress> last = IpAddress.tryParse(ends[ends.length - 1]);
    return first.isEmpty() || last.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Match.AddressSpan(option.equals("--src-range"), first.get(), last.get(), negated));
  }

  private static Optional<Match> length(String value, boolean negated) {
    if (!value.matches("\\d{1,5}(:\\d{0,5})?")) {
      return Optional.empty();
    }
    String[] ends = value.split(":");
    int first = Integer.parseInt(ends[0]);
    int last = ends.length > 1 ? Integer.parseInt(ends[1]) : value.endsWith(":") ? 65535 : first;
    return Optional.of(new Match.Length(first, last, negated));
  }

  private static Optional<Match> direction(String value, boolean negated) {
    return switch (value.toUpperCase(Locale.ROOT)) {
      case "REPLY" -> Optional.of(new Match.Direction(true, negated));
      case "ORIGINAL" -> Optional.of(new Match.Direction(false, negated));
      default -> Optional.empty();
    };
  }

  private static Optional<Match> timeToLive(String option, String value, boolean negated) {
    if (!value.matches("\\d{1,3}")) {
      return Optional.empty();
    }
    int hops = Integer.parseInt(value);
    return Optional.of(
        switch (option.substring(option.length() - 2)) {
          case "lt" -> new Match.TimeToLive(0, hops - 1, negated);
          case "gt" -> new Match.TimeToLive(hops + 1, 255, negated);
          default -> new Match.TimeToLive(hops, hops, negated);
        });
  }
}
