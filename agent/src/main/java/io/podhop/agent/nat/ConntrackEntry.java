package io.podhop.agent.nat;

import io.podhop.model.Citation;
import io.podhop.model.FlowKey;
import java.util.Locale;
import java.util.Optional;

/**
 * One connection as the kernel tracks it, and by that the proof of its translation: the reply tuple
 * is what the far side answers to.
 *
 * @param original the first packet as it arrived at this node; for ICMP both ports are the
 *     identifier, which SNAT may rewrite as well
 * @param replyTuple what an answer looks like when it arrives at this node
 * @param mark connection mark; 0x80 is the VPC CNI's "pinned to the primary ENI"
 * @param assured will not be dropped early when the table is full
 * @param timeoutSeconds until the entry is forgotten unless a packet comes
 * @param accounting packets and bytes so far; empty when the kernel does not count
 *     (net.netfilter.nf_conntrack_acct = 0)
 * @param use references that the kernel holds
 */
public record ConntrackEntry(
    FlowKey original,
    FlowKey replyTuple,
    int mark,
    boolean assured,
    boolean seenReply,
    long timeoutSeconds,
    Optional<TcpState> tcpState,
    Optional<IcmpTypes> icmp,
    Optional<Accounting> accounting,
    int use) {
  /** Type and code of both directions; code is the same in both. */
  public record IcmpTypes(int original, int reply, int code) {}

  /** IP packets and bytes that conntrack saw in each direction. */
  public record Accounting(
      long originalPackets, long originalBytes, long replyPackets, long replyBytes) {}

  /** The packet as it left this node: the reply tuple turned round. */
  public FlowKey translated() {
    return replyTuple.reversed();
  }

  public boolean sourceTranslated() {
    return !replyTuple.destination().equals(original.source())
        || !original.protocol().isIcmp() && replyTuple.destinationPort() != original.sourcePort();
  }

  public boolean destinationTranslated() {
    return !replyTuple.source().equals(original.destination())
        || !original.protocol().isIcmp() && replyTuple.sourcePort() != original.destinationPort();
  }

  /** The entry as {@code conntrack -L} prints it. */
  public String text() {
    StringBuilder out = new StringBuilder(200);
    int number = original.protocol().number();
    String name = original.protocol().toString();
    out.append(String.format(Locale.ROOT, "%-8s %d %d ", name, number, timeoutSeconds));
    tcpState.ifPresent(state -> out.append(state).append(' '));
    tuple(out, original, icmp.map(IcmpTypes::original));
    accounting.ifPresent(count -> count(out, count.originalPackets(), count.originalBytes()));
    if (!seenReply) {
      out.append("[UNREPLIED] ");
    }
    tuple(out, replyTuple, icmp.map(IcmpTypes::reply));
    accounting.ifPresent(count -> count(out, count.replyPackets(), count.replyBytes()));
    if (assured) {
      out.append("[ASSURED] ");
    }
    return out.append("mark=")
        .append(Integer.toUnsignedString(mark))
        .append(" use=")
        .append(use)
        .toString();
  }

  private static void count(StringBuilder out, long packets, long bytes) {
    out.append("packets=").append(packets).append(" bytes=").append(bytes).append(' ');
  }

  public Citation cite() {
    return new Citation(Citation.Source.CONNTRACK, "conntrack", 0, text());
  }

  private void tuple(StringBuilder out, FlowKey key, Optional<Integer> icmpType) {
    out.append("src=").append(key.source()).append(" dst=").append(key.destination());
    if (key.protocol().isIcmp()) {
      out.append(" type=").append(icmpType.orElse(0));
      out.append(" code=").append(icmp.map(IcmpTypes::code).orElse(0));
      out.append(" id=").append(key.sourcePort()).append(' ');
    } else {
      out.append(" sport=").append(key.sourcePort());
      out.append(" dport=").append(key.destinationPort()).append(' ');
    }
  }
}
