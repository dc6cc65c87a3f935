package io.podhop.agent.correlate;

/** Parts of a node whose snapshot does not say by itself whether they were read. */
public enum NodePart {
  /** Policy rules of IPv4. */
  RULES,
  /** Policy rules of IPv6. */
  RULES6,
  /** Routes of IPv4. */
  ROUTES,
  /** Routes of IPv6. */
  ROUTES6,
  /** Neighbour entries of both families. */
  NEIGHBOURS,
  /** The rule sets of iptables, of all backends. */
  IPTABLES,
  /** The rule sets of ip6tables, of all backends. */
  IP6TABLES,
  /** The legacy rules of iptables, where those of nf_tables were read. */
  IPTABLES_LEGACY,
  /** The nf_tables rules of iptables, where those of the legacy backend were read. */
  IPTABLES_NFT,
  /** Tables of nf_tables itself: {@code aws-cni}, {@code kube-proxy}. */
  NFTABLES
}
