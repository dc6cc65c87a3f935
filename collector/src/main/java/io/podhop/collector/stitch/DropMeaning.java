package io.podhop.collector.stitch;

import static io.podhop.collector.stitch.Gap.Kind.FORWARDING;
import static io.podhop.collector.stitch.Gap.Kind.INTO_POD;
import static io.podhop.collector.stitch.Gap.Kind.IN_POD;
import static io.podhop.collector.stitch.Gap.Kind.OUT_OF_POD;

import io.podhop.model.Verdict;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the kernel's drop reasons (include/net/dropreason-core.h) mean for a packet.
 *
 * @param reason as {@code skb:kfree_skb} names it
 * @param sentence of the cause; {@code %s} is the node
 * @param where it makes sense: a drop elsewhere was not this packet's
 */
record DropMeaning(
    String reason, Verdict.Id id, String sentence, String advice, Set<Gap.Kind> where) {
  private static final Set<Gap.Kind> ON_NODE = EnumSet.of(OUT_OF_POD, FORWARDING, INTO_POD);
  private static final Set<Gap.Kind> ANYWHERE =
      EnumSet.of(OUT_OF_POD, FORWARDING, INTO_POD, IN_POD);
  private static final Set<Gap.Kind> POD = EnumSet.of(IN_POD);

  static final String NETFILTER = "NETFILTER_DROP";

  private static final List<DropMeaning> ALL =
      List.of(
          new DropMeaning(
              "IP_RPFILTER",
              Verdict.Id.RP_FILTER,
              "%s dropped it by reverse-path filtering: its own route back to the source leaves by another interface",
              Advice.REVERSE_PATH,
              ON_NODE),
          new DropMeaning(
              NETFILTER,
              Verdict.Id.FIREWALL_DROP,
              "a packet filter of %s dropped it",
              Advice.FILTER,
              ANYWHERE),
          onNode(
              "OTHERHOST",
              "%s took it for another host's: its MAC is not the one of the interface",
              Advice.STATIC_ARP),
          onNode("IP_INNOROUTES", "%s has no route for it", Advice.ROUTE),
          onNode("IP_OUTNOROUTES", "%s has no route for it", Advice.ROUTE),
          onNode("IP_INADDRERRORS", "%s does not forward it: forwarding is off", Advice.FORWARDING),
          onNode("NEIGH_FAILED", "no neighbour of %s answered for its next hop", Advice.NEIGHBOUR),
          onNode(
              "NEIGH_QUEUEFULL", "no neighbour of %s answered for its next hop", Advice.NEIGHBOUR),
          onNode("NEIGH_DEAD", "no neighbour of %s answered for its next hop", Advice.NEIGHBOUR),
          onNode("DEV_READY", "the interface it should leave %s by is down", Advice.LINK),
          onNode("QDISC_DROP", "a queueing discipline of %s dropped it", Advice.QUEUE),
          onNode("CPU_BACKLOG", "the backlog of a processor of %s was full", Advice.QUEUE),
          new DropMeaning(
              "PKT_TOO_BIG",
              Verdict.Id.MTU_BLACKHOLE,
              "it is too big for the interface it should leave %s by",
              Advice.MTU,
              ON_NODE),
          policy("TC_INGRESS"),
          policy("TC_EGRESS"),
          policy("XDP"),
          policy("BPF_CGROUP_EGRESS"),
          new DropMeaning(
              "SOCKET_RCVBUFF",
              Verdict.Id.NO_ANSWER,
              "the receive buffer of the socket on %s was full",
              Advice.SLOW_READER,
              POD),
          new DropMeaning(
              "NO_SOCKET",
              Verdict.Id.NO_ANSWER,
              "nothing on %s listens on its port",
              Advice.LISTEN,
              POD));

  private static DropMeaning onNode(String reason, String sentence, String advice) {
    return new DropMeaning(reason, Verdict.Id.LOST_ON_NODE, sentence, advice, ON_NODE);
  }

  private static DropMeaning policy(String reason) {
    return new DropMeaning(
        reason,
        Verdict.Id.FIREWALL_DROP,
        "an eBPF program of %s dropped it, as those of network policies do",
        Advice.POLICY,
        ANYWHERE);
  }

  /** The meaning of a reason for a packet that vanished there; empty when it has none. */
  static Optional<DropMeaning> of(String reason, Gap.Kind where) {
    return ALL.stream().filter(m -> m.reason.equals(reason) && m.where.contains(where)).findFirst();
  }
}
