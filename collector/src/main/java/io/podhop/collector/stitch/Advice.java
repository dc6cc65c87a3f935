package io.podhop.collector.stitch;

import io.podhop.model.Verdict;

/** What to do, in one sentence for each cause and each verdict. */
final class Advice {
  static final String REVERSE_PATH =
      "Set rp_filter to 2 on conf.all and the primary ENI, or restore the pod's rules and routes by re-creating the pod.";
  static final String FILTER =
      "Find the rule with iptables-save -c on the node and remove it, or let this traffic pass.";
  static final String POLICY =
      "Look for a NetworkPolicy that selects the pod and does not allow this traffic.";
  static final String STATIC_ARP =
      "Compare the pod's entry for 169.254.1.1 with the MAC of its host veth, and re-create the pod.";
  static final String ROUTE = "Re-create the pod: only its creation writes its routes.";
  static final String FORWARDING = "Set net.ipv4.ip_forward to 1 and look for what turned it off.";
  static final String NEIGHBOUR =
      "Check the link and the entry of the next hop with ip neigh on the node.";
  static final String LINK = "Bring the interface up, or re-create the pod that it belongs to.";
  static final String QUEUE =
      "Look at tc -s qdisc and /proc/net/softnet_stat of the node for what overflows.";
  static final String MTU =
      "Lower the MTU of the sender to that of the path, or let ICMP fragmentation-needed through.";
  static final String SNAT =
      "Spread connections to this destination over more source addresses, or keep them open longer.";
  static final String CONNTRACK =
      "Raise nf_conntrack_max, or find the pod that holds most entries with conntrack -L.";
  static final String SLOW_READER =
      "Find out why the process does not read, then give its socket a larger receive buffer.";
  static final String LISTEN = "Start what should listen there, or correct the port.";
  static final String ACCEPT_QUEUE =
      "Find out why the process does not accept, then raise its backlog and net.core.somaxconn.";
  static final String STOPPED = "Let the process go on with kill -CONT, or restart the pod.";
  static final String STALE_ENTRY =
      "Delete the entry with conntrack -D on the node, or wait until it ends by itself.";
  static final String ENDPOINTS =
      "Look why no pod that the service selects is ready: kubectl get endpointslices.";
  static final String BACKEND = "Remove the dead endpoint from the service, or bring its pod back.";

  private Advice() {}

  /** For a verdict whose cause says nothing better; empty when there is nothing to do. */
  static String of(Verdict.Id id) {
    return switch (id) {
      case DELIVERED -> "";
      case REFUSED ->
          "Start what should listen there, or correct the port or the rule that rejects.";
      case NO_ANSWER -> "Look at the process in the pod: the packet reached its interface.";
      case DNS_FAILED -> "Check the name, then the DNS server's own log and its upstream.";
      case LOST_IN_POD -> "Look at the routes and firewall inside the pod with nsenter.";
      case LOST_ON_NODE ->
          "Run podhop audit on the node, and look at its rules with ip rule and iptables-save -c.";
      case LOST_IN_VPC ->
          "Check security groups of both ENIs first, then network ACLs of both subnets, then the source/destination check and route tables.";
      case WRONG_ENI ->
          "Restore the pod's policy rules by re-creating it, and find what removed them (systemd-networkd, NetworkManager).";
      case ROUTING_LOOP ->
          "Restore the rule of priority 512 by re-creating the pod that the packet was for.";
      case RP_FILTER -> REVERSE_PATH;
      case FIREWALL_DROP -> FILTER;
      case SNAT_EXHAUSTED -> SNAT;
      case CONNTRACK_FULL -> CONNTRACK;
      case RECYCLED_ADDRESS -> STALE_ENTRY;
      case MTU_BLACKHOLE -> MTU;
      case NO_ADDRESS ->
          "Free addresses: more subnet space, a larger instance type, or fewer pods on the node.";
      case NOT_OBSERVED -> "See that agents run on both nodes, and trace again.";
    };
  }

  /** The verdict with some advice, unless there is nothing to do. */
  static Verdict on(Verdict verdict) {
    return verdict.advice().isEmpty() ? verdict.advising(of(verdict.id())) : verdict;
  }
}
