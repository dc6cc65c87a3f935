package io.podhop.model;

import java.util.Optional;
import java.util.Set;

/**
 * Which flows somebody wants to see; every part that is set must hold.
 *
 * @param from the source: {@code namespace/name}, {@code namespace/}, {@code name}, where a name is
 *     a pod's, workload's, service's or node's, or a learnt or asked host name; empty is any
 * @param to the destination, written in the same way
 * @param port the server's port, before or after NAT; 0 is any
 * @param verdicts empty is any
 * @param ip either end's address is in this range
 * @param minRttNs round trip at least this; 0 is any
 * @param minRetransmits 0 is any
 */
public record FlowFilter(
    String from,
    String to,
    int port,
    Optional<Protocol> protocol,
    Set<Verdict.Id> verdicts,
    Optional<Cidr> ip,
    long minRttNs,
    long minRetransmits) {
  public static final FlowFilter ANY =
      new FlowFilter("", "", 0, Optional.empty(), Set.of(), Optional.empty(), 0, 0);

  public FlowFilter {
    verdicts = Set.copyOf(verdicts);
  }

  public boolean matches(Flow flow) {
    return names(from, flow.source())
        && names(to, flow.destination())
        && (port == 0 || port == flow.key().destinationPort() || port == flow.destination().port())
        && protocol.map(wanted -> same(wanted, flow.key().protocol())).orElse(true)
        && (verdicts.isEmpty() || verdicts.contains(flow.outcome().verdict()))
        && ip.map(range -> touches(range, flow)).orElse(true)
        && flow.rttNs() >= minRttNs
        && flow.tcp().map(TcpQuality::retransmits).orElse(0L) >= minRetransmits;
  }

  /** {@code --protocol icmp} means both families. */
  private static boolean same(Protocol wanted, Protocol actual) {
    return wanted == actual || wanted.isIcmp() && actual.isIcmp();
  }

  private static boolean touches(Cidr range, Flow flow) {
    return range.contains(flow.key().source())
        || range.contains(flow.key().destination())
        || range.contains(flow.source().address())
        || range.contains(flow.destination().address());
  }

  private static boolean names(String wanted, Endpoint end) {
    if (wanted.isEmpty()) {
      return true;
    }
    int slash = wanted.indexOf('/');
    String namespace = wanted.substring(0, Math.max(0, slash));
    String name = wanted.substring(slash + 1);
    return switch (end.owner()) {
      case Owner.Pod pod ->
          (slash < 0 || pod.ref().namespace().equals(namespace))
              && (name.isEmpty() || name.equals(pod.ref().name()) || name.equals(pod.workload()));
      case Owner.Service service ->
          (slash < 0 || service.namespace().equals(namespace))
              && (name.isEmpty() || name.equals(service.name()));
      case Owner.Node node -> wanted.equals(node.name());
      case Owner.External external ->
          wanted.equals(external.name()) || wanted.equals(end.address().toString());
      case Owner.Unknown _ -> wanted.equals(end.address().toString());
    };
  }
}
