package io.podhop.collector.stitch;

import io.podhop.model.Verdict;
import java.util.List;

/**
 * What a counter of the whole node accuses, when it moved while a packet vanished in forwarding.
 *
 * @param counter as nstat(8) or {@code conntrack -S} print it
 * @param sentence of the cause; {@code %s} is the node
 */
record CounterMeaning(String counter, Verdict.Id id, String sentence, String advice) {
  /** Counters of the tables that NAT and tracking drop by; the first that moved tells most. */
  static final List<CounterMeaning> TABLES =
      List.of(
          new CounterMeaning(
              "insert_failed",
              Verdict.Id.SNAT_EXHAUSTED,
              "conntrack of %s found no free source port for it",
              Advice.SNAT),
          new CounterMeaning(
              "early_drop",
              Verdict.Id.CONNTRACK_FULL,
              "the conntrack table of %s is full",
              Advice.CONNTRACK),
          new CounterMeaning(
              "drop",
              Verdict.Id.CONNTRACK_FULL,
              "conntrack of %s took no new connection",
              Advice.CONNTRACK));

  /** Counters of routing. */
  static final List<CounterMeaning> ROUTING =
      List.of(
          new CounterMeaning(
              "TcpExtIPReversePathFilter",
              Verdict.Id.RP_FILTER,
              "%s dropped it by reverse-path filtering: its own route back to the source leaves by another interface",
              Advice.REVERSE_PATH),
          new CounterMeaning(
              "IpInAddrErrors",
              Verdict.Id.LOST_ON_NODE,
              "%s does not forward it: forwarding is off",
              Advice.FORWARDING),
          new CounterMeaning(
              "IpExtInNoRoutes", Verdict.Id.LOST_ON_NODE, "%s has no route for it", Advice.ROUTE));
}
