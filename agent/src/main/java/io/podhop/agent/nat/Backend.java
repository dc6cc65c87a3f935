package io.podhop.agent.nat;

/** Which part of the kernel holds a rule set. Packets traverse all of them. */
public enum Backend {
  /** ip_tables, as {@code iptables-legacy} writes it. */
  LEGACY,
  /** nf_tables, as {@code iptables-nft} writes it. */
  NFT,
  /** nf_tables, {@code table ip aws-cni}, written by VPC CNI 1.23 and later. */
  NATIVE
}
