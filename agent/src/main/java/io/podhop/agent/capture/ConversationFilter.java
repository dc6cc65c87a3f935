package io.podhop.agent.capture;

import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The pcap filter (pcap-filter(7)) of a traced conversation: its packets in both directions, and
 * the ICMP errors that anyone sends to one of its ends. Packets without ports, which are later
 * fragments, pass for ICMP only.
 *
 * @param clients addresses the client's end has at some point, before and after SNAT; empty is any
 * @param servers addresses of the server's end, before and after DNAT; empty is any
 * @param serverPorts ports of the server's end, before and after DNAT; empty is any, as for ICMP
 * @param maybeTagged whether the interface may carry 802.1Q frames, as a trunk ENI does
 */
public record ConversationFilter(
    Protocol protocol,
    Set<IpAddress> clients,
    Set<IpAddress> servers,
    Set<Integer> serverPorts,
    boolean maybeTagged) {
  /** Longest text; a filter that would be longer is widened, which costs frames but no evidence. */
  public static final int MAX_LENGTH = 4096;

  private static final String ICMP_ERRORS =
      "icmp and (icmp[0] = 3 or icmp[0] = 4 or icmp[0] = 5 or icmp[0] = 11 or icmp[0] = 12)";
  private static final String ICMPV6_ERRORS = "icmp6 and ip6[40] < 128";

  /**
   * @throws IllegalArgumentException when a port is outside 1..65535
   */
  public ConversationFilter {
    clients = Set.copyOf(clients);
    servers = Set.copyOf(servers);
    serverPorts = Set.copyOf(serverPorts);
    for (int port : serverPorts) {
      if (port < 1 || port > 65535) {
        throw new IllegalArgumentException("no port: " + port);
      }
    }
  }

  /** The filter's text, never longer than {@link #MAX_LENGTH}. */
  public String text() {
    List<ConversationFilter> narrowestFirst =
        List.of(
            this,
            new ConversationFilter(protocol, clients, Set.of(), serverPorts, maybeTagged),
            new ConversationFilter(protocol, Set.of(), servers, serverPorts, maybeTagged),
            new ConversationFilter(protocol, Set.of(), Set.of(), serverPorts, maybeTagged),
            new ConversationFilter(protocol, Set.of(), Set.of(), Set.of(), maybeTagged));
    return narrowestFirst.stream()
        .map(ConversationFilter::exactText)
        .filter(text -> text.length() <= MAX_LENGTH)
        .findFirst()
        .orElse("");
  }

  private String exactText() {
    String untagged = "(" + conversation() + ") or (" + errors() + ")";
    // "vlan" shifts the offsets of everything after it, so the tagged form stands last.
    return maybeTagged ? untagged + " or (vlan and (" + untagged + "))" : untagged;
  }

  private String conversation() {
    List<String> terms = new ArrayList<>();
    terms.add(protocol == Protocol.ICMPV6 ? "icmp6" : protocol.toString());
    addAnyOf(terms, "host", clients);
    addAnyOf(terms, "host", servers);
    if (!protocol.isIcmp()) {
      addAnyOf(terms, "port", serverPorts);
    }
    return String.join(" and ", terms);
  }

  private String errors() {
    Set<IpAddress> ends = new TreeSet<>();
    if (!clients.isEmpty() && !servers.isEmpty()) {
      ends.addAll(clients);
      ends.addAll(servers);
    }
    List<String> families = new ArrayList<>();
    addErrors(families, ICMP_ERRORS, ends.stream().filter(IpAddress::isIpv4).toList(), ends);
    addErrors(families, ICMPV6_ERRORS, ends.stream().filter(a -> !a.isIpv4()).toList(), ends);
    return String.join(" or ", families);
  }

  private static void addErrors(
      List<String> families, String errors, List<IpAddress> targets, Set<IpAddress> ends) {
    if (targets.isEmpty() && !ends.isEmpty()) {
      return;
    }
    List<String> terms = new ArrayList<>(List.of(errors));
    addAnyOf(terms, "dst host", targets);
    families.add("(" + String.join(" and ", terms) + ")");
  }

  private static void addAnyOf(List<String> terms, String kind, Collection<?> values) {
    if (!values.isEmpty()) {
      terms.add(
          values.stream()
              .sorted()
              .map(value -> kind + " " + value)
              .collect(Collectors.joining(" or ", "(", ")")));
    }
  }
}
