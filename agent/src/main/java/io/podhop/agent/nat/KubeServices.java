package io.podhop.agent.nat;

import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import io.podhop.model.ServicePort;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What kube-proxy's and the VPC CNI's rules tell of services, VPC ranges and the SNAT address. */
public final class KubeServices {
  private static final String CLUSTER_IP = " cluster IP";
  private static final String NO_ENDPOINTS = " has no endpoints";

  private KubeServices() {}

  /** Every service port with a cluster IP, also those without endpoints. */
  public static List<ServicePort> of(NatSnapshot snapshot) {
    Map<String, Integer> nodePorts = nodePorts(snapshot);
    Map<String, ServicePort> found = new LinkedHashMap<>();
    snapshot
        .chains("nat", RuleNames.KUBE_SERVICES)
        .flatMap(chain -> chain.rules().stream())
        .filter(rule -> rule.comment().endsWith(CLUSTER_IP) && serviceChain(rule).isPresent())
        .forEach(rule -> add(snapshot, rule, CLUSTER_IP, nodePorts, found));
    snapshot
        .chains("filter", RuleNames.KUBE_SERVICES)
        .flatMap(chain -> chain.rules().stream())
        .filter(rule -> rule.comment().endsWith(NO_ENDPOINTS))
        .forEach(rule -> add(snapshot, rule, NO_ENDPOINTS, nodePorts, found));
    return List.copyOf(found.values());
  }

  /**
   * The ranges that the VPC CNI exempts from SNAT because they are the VPC's own, without those
   * that AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS adds; the native table does not tell them apart.
   */
  public static List<Cidr> vpcCidrs(NatSnapshot snapshot) {
    Set<Cidr> ranges = new LinkedHashSet<>();
    snapshot.iptables().flatMap(Ruleset::rules).forEach(rule -> addExempted(rule, ranges));
    if (ranges.isEmpty()) {
      snapshot
          .nativeTable()
          .chain(RuleNames.NATIVE_TABLE, RuleNames.NATIVE_MARK_CHAIN)
          .ifPresent(
              chain ->
                  chain.rules().stream()
                      .filter(rule -> rule.target() instanceof Target.Return)
                      .forEach(rule -> destination(rule, false).ifPresent(ranges::add)));
    }
    return List.copyOf(ranges);
  }

  /** The address that pods' traffic to outside the VPC gets: the primary ENI's primary one. */
  public static Optional<IpAddress> snatAddress(NatSnapshot snapshot) {
    return snapshot
        .iptables()
        .flatMap(Ruleset::rules)
        .filter(
            rule ->
                rule.place().chain().startsWith(RuleNames.SNAT_CHAIN)
                    || rule.comment().equals("AWS, SNAT"))
        .map(Rule::target)
        .filter(Target.Snat.class::isInstance)
        .map(target -> ((Target.Snat) target).to())
        .flatMap(Optional::stream)
        .findFirst();
  }

  private static void addExempted(Rule rule, Set<Cidr> ranges) {
    String chain = rule.place().chain();
    String comment = rule.comment();
    boolean ours =
        chain.startsWith(RuleNames.SNAT_CHAIN)
            || chain.startsWith(RuleNames.CONNMARK_CHAIN)
            || comment.equals("AWS, SNAT");
    if (!ours || comment.contains("EXCLU")) {
      return;
    }
    boolean returns = rule.target() instanceof Target.Return;
    destination(rule, !returns).ifPresent(ranges::add);
  }

  private static Optional<Cidr> destination(Rule rule, boolean negated) {
    return rule.matches().stream()
        .filter(match -> match instanceof Match.Destination d && d.negated() == negated)
        .map(match -> ((Match.Destination) match).range())
        .findFirst();
  }

  private static void add(
      NatSnapshot snapshot,
      Rule rule,
      String suffix,
      Map<String, Integer> nodePorts,
      Map<String, ServicePort> found) {
    Optional<Cidr> address = destination(rule, false);
    Optional<Protocol> protocol = protocol(rule);
    int port = port(rule);
    String comment = rule.comment();
    if (address.isEmpty() || protocol.isEmpty() || port == 0) {
      return;
    }
    String full = comment.substring(0, comment.length() - suffix.length());
    int slash = full.indexOf('/');
    if (slash < 0) {
      return;
    }
    int colon = full.indexOf(':', slash);
    found.putIfAbsent(
        full + protocol.get() + address.get() + port,
        new ServicePort(
            full.substring(0, slash),
            colon < 0 ? full.substring(slash + 1) : full.substring(slash + 1, colon),
            colon < 0 ? "" : full.substring(colon + 1),
            protocol.get(),
            address.get().address(),
            port,
            nodePorts.getOrDefault(full + " " + protocol.get(), 0),
            serviceChain(rule).map(chain -> endpoints(snapshot, chain)).orElse(List.of())));
  }

  private static Optional<String> serviceChain(Rule rule) {
    return rule.target() instanceof Target.Jump jump
            && (jump.chain().startsWith("KUBE-SVC-") || jump.chain().startsWith("KUBE-SVL-"))
        ? Optional.of(jump.chain())
        : Optional.empty();
  }

  private static List<ServicePort.Backend> endpoints(NatSnapshot snapshot, String serviceChain) {
    List<ServicePort.Backend> backends = new ArrayList<>();
    snapshot
        .chains("nat", serviceChain)
        .flatMap(chain -> chain.rules().stream())
        .map(Rule::target)
        .flatMap(
            target ->
                target instanceof Target.Jump jump && jump.chain().startsWith("KUBE-SEP-")
                    ? snapshot.chains("nat", jump.chain())
                    : Stream.empty())
        .flatMap(chain -> chain.rules().stream())
        .forEach(
            rule -> {
              if (rule.target() instanceof Target.Dnat dnat && dnat.to().isPresent()) {
                backends.add(new ServicePort.Backend(dnat.to().get(), dnat.port()));
              }
            });
    return backends.stream().distinct().toList();
  }

  private static Map<String, Integer> nodePorts(NatSnapshot snapshot) {
    Map<String, Integer> ports = new HashMap<>();
    snapshot
        .chains("nat", RuleNames.KUBE_NODEPORTS)
        .flatMap(chain -> chain.rules().stream())
        .filter(rule -> port(rule) > 0)
        .forEach(
            rule ->
                protocol(rule)
                    .ifPresent(p -> ports.putIfAbsent(rule.comment() + " " + p, port(rule))));
    return ports;
  }

  private static Optional<Protocol> protocol(Rule rule) {
    return rule.matches().stream()
        .filter(match -> match instanceof Match.TransportProtocol p && !p.negated())
        .map(match -> Protocol.ofNumber(((Match.TransportProtocol) match).number()))
        .flatMap(Optional::stream)
        .findFirst();
  }

  private static int port(Rule rule) {
    return rule.matches().stream()
        .filter(match -> match instanceof Match.DestinationPorts p && !p.negated())
        .mapToInt(match -> ((Match.DestinationPorts) match).ranges().getFirst().first())
        .findFirst()
        .orElse(0);
  }
}
