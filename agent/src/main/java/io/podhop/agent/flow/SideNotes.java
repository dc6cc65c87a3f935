package io.podhop.agent.flow;

import io.podhop.agent.decode.PacketView;
import io.podhop.model.Direction;
import io.podhop.model.DnsExchange;
import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What only few connections have: DNS, QUIC, ICMP errors, kinds in an unusual direction. */
final class SideNotes {
  /** See {@link Kinds}: how many kinds' cells are kept here. */
  final long[] kinds = new long[Kinds.SIDE_CELLS];

  private final List<DirectedError> errors = new ArrayList<>(1);
  @Nullable Dns dns;
  long quicConnectionId;

  /** A DNS exchange in the making. */
  static final class Dns {
    final int id;
    String name = "";
    int type = -1;
    int hash;
    int rcode = -1;
    int queries;
    long latencyNs = -1;
    boolean answered;
    private boolean named;
    private long queryNs;

    Dns(int id) {
      this.id = id;
    }

    /** Returns whether this is the first answer. */
    boolean note(PacketView view, long ns) {
      if (!named && view.dnsQuestionType() >= 0) {
        named = true;
        name = view.questionName();
        type = view.dnsQuestionType();
        hash = view.dnsQuestionHash();
      }
      if (!view.dnsResponse()) {
        queryNs = queries == 0 ? ns : queryNs;
        queries = Math.max(queries, queries + 1);
        return false;
      }
      boolean first = !answered;
      if (first) {
        answered = true;
        rcode = view.dnsRcode();
        latencyNs = queries > 0 && ns >= queryNs ? ns - queryNs : -1;
      }
      return first;
    }

    DnsExchange exchange() {
      return new DnsExchange(id, name, type, hash, rcode, latencyNs, queries);
    }
  }

  private record DirectedError(Direction direction, IcmpErrorSeen seen) {}

  /** Keeps the first error of each direction. */
  void noteError(Direction direction, PacketView view) {
    if (error(direction) == null) {
      IpAddress sender = new IpAddress(view.sourceHigh(), view.sourceLow());
      IcmpErrorSeen seen =
          new IcmpErrorSeen(sender, view.icmpType(), view.icmpCode(), view.icmpMtu());
      errors.add(new DirectedError(direction, seen));
    }
  }

  @Nullable IcmpErrorSeen error(Direction direction) {
    for (DirectedError error : errors) {
      if (error.direction() == direction) {
        return error.seen();
      }
    }
    return null;
  }

  @Nullable IcmpErrorSeen firstError() {
    return errors.isEmpty() ? null : errors.getFirst().seen();
  }
}
