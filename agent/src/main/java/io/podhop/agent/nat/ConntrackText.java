package io.podhop.agent.nat;

import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a line of {@code conntrack -L} or of {@code /proc/net/nf_conntrack}. Its words are a bag:
 * the first occurrence of a key belongs to the original tuple, the second to the reply tuple.
 */
public final class ConntrackText {
  private ConntrackText() {}

  /** Empty when the line is no entry of TCP, UDP, ICMP or ICMPv6. */
  public static Optional<ConntrackEntry> parse(String line) {
    String[] words = line.strip().split("\\s+");
    int at = words.length > 2 && words[0].matches("ipv[46]") ? 2 : 0;
    if (words.length < at + 4) {
      return Optional.empty();
    }
    Optional<Protocol> protocol = Protocol.ofNumber((int) RuleParser.number(words[at + 1]));
    Map<String, List<String>> bag = new HashMap<>();
    for (String word : words) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        bag.computeIfAbsent(word.substring(0, equals), _ -> new ArrayList<>(2))
            .add(word.substring(equals + 1));
      }
    }
    return protocol.flatMap(p -> entry(p, words, at, bag));
  }

  private static Optional<ConntrackEntry> entry(
      Protocol protocol, String[] words, int at, Map<String, List<String>> bag) {
    Optional<FlowKey> original = tuple(protocol, bag, 0);
    Optional<FlowKey> reply = tuple(protocol, bag, 1);
    if (original.isEmpty() || reply.isEmpty()) {
      return Optional.empty();
    }
    List<String> all = List.of(words);
    Optional<ConntrackEntry.IcmpTypes> icmp =
        protocol.isIcmp()
            ? Optional.of(
                new ConntrackEntry.IcmpTypes(
                    number(bag, "type", 0), number(bag, "type", 1), number(bag, "code", 0)))
            : Optional.empty();
    return Optional.of(
        new ConntrackEntry(
            original.get(),
            reply.get(),
            (int) RuleParser.number(nth(bag, "mark", 0)),
            all.contains("[ASSURED]"),
            !all.contains("[UNREPLIED]"),
            RuleParser.number(words[at + 2]),
            TcpState.ofName(words[at + 3]),
            icmp,
            accounting(bag),
            number(bag, "use", 0)));
  }

  private static Optional<ConntrackEntry.Accounting> accounting(Map<String, List<String>> bag) {
    return bag.containsKey("packets")
        ? Optional.of(
            new ConntrackEntry.Accounting(
                RuleParser.number(nth(bag, "packets", 0)),
                RuleParser.number(nth(bag, "bytes", 0)),
                RuleParser.number(nth(bag, "packets", 1)),
                RuleParser.number(nth(bag, "bytes", 1))))
        : Optional.empty();
  }

  private static Optional<FlowKey> tuple(
      Protocol protocol, Map<String, List<String>> bag, int occurrence) {
    Optional<IpAddress> source = IpAddress.tryParse(nth(bag, "src", occurrence));
    Optional<IpAddress> destination = IpAddress.tryParse(nth(bag, "dst", occurrence));
    int sport = number(bag, protocol.isIcmp() ? "id" : "sport", occurrence);
    int dport = number(bag, protocol.isIcmp() ? "id" : "dport", occurrence);
    boolean valid = sport <= 0xffff && dport <= 0xffff;
    return valid && source.isPresent() && destination.isPresent()
        ? Optional.of(new FlowKey(protocol, source.get(), sport, destination.get(), dport))
        : Optional.empty();
  }

  private static String nth(Map<String, List<String>> bag, String key, int occurrence) {
    List<String> values = bag.getOrDefault(key, List.of());
    return occurrence < values.size() ? values.get(occurrence) : "";
  }

  private static int number(Map<String, List<String>> bag, String key, int occurrence) {
    return (int) Math.min(Integer.MAX_VALUE, RuleParser.number(nth(bag, key, occurrence)));
  }
}
