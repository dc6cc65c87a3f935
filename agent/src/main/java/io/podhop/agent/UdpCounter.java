package io.podhop.agent;

/** What looking for UDP in conntrack's table meets. */
enum UdpCounter {
  /** Looks at the whole table. */
  LOOKS,
  /** Looks that failed; conntrack is left alone for a while then. */
  FAILED,
  /** Looks during which the table changed so that entries may have been missed. */
  INCOMPLETE,
  /** Entries that could not be read. */
  MALFORMED,
  /** Connections, at each look, that there was no room to follow. */
  UNFOLLOWED,
  /** Connections whose packets the kernel does not count (net.netfilter.nf_conntrack_acct = 0). */
  UNACCOUNTED
}
