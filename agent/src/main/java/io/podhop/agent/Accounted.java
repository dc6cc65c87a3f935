package io.podhop.agent;

import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.agent.nat.ConntrackEntry.Accounting;
import io.podhop.model.Traffic;

/**
 * A connection's traffic by conntrack's count (net.netfilter.nf_conntrack_acct), for points that
 * see only its edges. Conntrack counts IP packets and their bytes, as {@link Traffic} does; how
 * much of that is payload it cannot tell, so that stays what was captured.
 */
final class Accounted {
  private Accounted() {}

  /** The same record with conntrack's totals, where the kernel counts and counted more. */
  static FlowRecord by(ConntrackEntry entry, FlowRecord seen) {
    return entry
        .accounting()
        .map(count -> isReversed(entry, seen) ? reversed(count) : count)
        .map(count -> with(count, seen))
        .orElse(seen);
  }

  /** Whether conntrack took the answer for the request, as of a connection joined late. */
  private static boolean isReversed(ConntrackEntry entry, FlowRecord seen) {
    return seen.key().equals(entry.original().reversed()) || seen.key().equals(entry.replyTuple());
  }

  private static Accounting reversed(Accounting count) {
    return new Accounting(
        count.replyPackets(), count.replyBytes(), count.originalPackets(), count.originalBytes());
  }

  private static FlowRecord with(Accounting count, FlowRecord seen) {
    return seen.with(
        more(seen.request(), count.originalPackets(), count.originalBytes()),
        more(seen.reply(), count.replyPackets(), count.replyBytes()));
  }

  /** An entry that is younger than the connection counted less than was seen of it. */
  private static Traffic more(Traffic seen, long packets, long bytes) {
    return packets <= seen.packets() ? seen : new Traffic(packets, bytes, seen.payloadBytes());
  }
}
