package io.podhop.agent.nat;

import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * That kube-proxy runs in nftables mode, and which addresses it serves. Its tables are not
 * evaluated: for these addresses the answer is that one cannot tell.
 *
 * @param present the node has {@code table ip kube-proxy} or {@code table ip6 kube-proxy}
 * @param services the destinations that its maps name; empty when they could not be read
 * @param nodePorts the ports of the node that its maps name; empty when they could not be read
 */
public record KubeProxyTables(
    boolean present, Optional<Set<Target>> services, Optional<Set<Port>> nodePorts) {
  /** kube-proxy does not run in this mode. */
  public static final KubeProxyTables ABSENT =
      new KubeProxyTables(false, Optional.empty(), Optional.empty());

  public static final String TABLE = "kube-proxy";

  /** Where kube-proxy keeps what it serves, and what it refuses for want of endpoints. */
  static final List<String> MAPS =
      List.of("service-ips", "no-endpoint-services", "service-nodeports", "no-endpoint-nodeports");

  /** kube-proxy marks packets with it that it will masquerade. */
  static final int MASQUERADE_MARK = 0x4000;

  private static final Pattern SERVICE =
      Pattern.compile("([0-9a-fA-F.:]+) \\. (tcp|udp) \\. (\\d{1,5})\\b");
  private static final Pattern NODE_PORT =
      Pattern.compile("(?<!\\. )\\b(tcp|udp) \\. (\\d{1,5})\\b");

  /** Address, protocol and port of a service. */
  public record Target(IpAddress address, Protocol protocol, int port) {}

  /** Protocol and port at the node's addresses. */
  public record Port(Protocol protocol, int port) {}

  public KubeProxyTables {
    services = services.map(Set::copyOf);
    nodePorts = nodePorts.map(Set::copyOf);
  }

  /**
   * @param maps what {@code nft list map} prints of {@link #MAPS}; empty when it failed
   */
  public static KubeProxyTables of(Optional<String> maps) {
    return new KubeProxyTables(
        true, maps.map(KubeProxyTables::services), maps.map(KubeProxyTables::nodePorts));
  }

  private static Set<Target> services(String text) {
    Set<Target> found = new HashSet<>();
    Matcher m = SERVICE.matcher(text);
    while (m.find()) {
      int port = (int) RuleParser.number(String.valueOf(m.group(3)));
      Protocol protocol = protocol(String.valueOf(m.group(2)));
      IpAddress.tryParse(String.valueOf(m.group(1)))
          .ifPresent(address -> found.add(new Target(address, protocol, port)));
    }
    return found;
  }

  private static Set<Port> nodePorts(String text) {
    Set<Port> found = new HashSet<>();
    Matcher m = NODE_PORT.matcher(text);
    while (m.find()) {
      int port = (int) RuleParser.number(String.valueOf(m.group(2)));
      found.add(new Port(protocol(String.valueOf(m.group(1))), port));
    }
    return found;
  }

  private static Protocol protocol(String name) {
    return name.equals("tcp") ? Protocol.TCP : Protocol.UDP;
  }

  /** Whether its rules may change this packet's destination, or refuse it. */
  boolean mayServe(FlowKey packet, LocalAddresses local) {
    if (!present || packet.protocol().isIcmp()) {
      return false;
    }
    Target target = new Target(packet.destination(), packet.protocol(), packet.destinationPort());
    if (services.map(known -> known.contains(target)).orElse(true)) {
      return true;
    }
    Port port = new Port(packet.protocol(), packet.destinationPort());
    return local.contains(packet.destination())
        && nodePorts.map(known -> known.contains(port)).orElse(true);
  }

  /** Whether its rules masquerade a packet of this mark. */
  boolean mayMasquerade(int fwmark) {
    return present && (fwmark & MASQUERADE_MARK) != 0;
  }
}
