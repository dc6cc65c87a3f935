package io.podhop.agent.nat;

import io.podhop.model.Citation;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import java.util.List;

/**
 * What the rules of a snapshot do with a packet at each hook of netfilter; pure. The nat tables are
 * asked for the first packet of a connection only: what they decided for later ones is conntrack's
 * to tell, and the outcome is then {@link NatPrediction.NoNat} or {@link NatPrediction.Refused}.
 */
public final class NatEvaluator {
  private NatEvaluator() {}

  /**
   * Before routing: DNAT and the mark by which the packet will be routed (tables raw, mangle and
   * nat). With an empty {@code inInterface} the packet is the node's own and takes OUTPUT, with the
   * {@code outInterface} that it was routed to.
   */
  public static NatPrediction prerouting(NatSnapshot snapshot, NatQuery query) {
    boolean own = query.inInterface().isEmpty();
    if (query.connection().first()
        && snapshot.kubeProxyTables().mayServe(query.packet(), query.local())) {
      return Conclusion.cannotTell(
          query, "kube-proxy runs in nftables mode, whose rules are not evaluated");
    }
    return new HookWalk(snapshot, query, own ? "OUTPUT" : "PREROUTING")
        .through("raw", "mangle", "nat");
  }

  /**
   * Whether a rule refuses the packet while it is forwarded (tables mangle, filter and security);
   * never a translation. {@code packet} is as it was routed.
   */
  public static NatPrediction forwarding(NatSnapshot snapshot, NatQuery query) {
    return new HookWalk(snapshot, query, "FORWARD").through("mangle", "filter", "security");
  }

  /** What meets a packet that the node itself receives: as {@link #forwarding}, and SNAT. */
  public static NatPrediction input(NatSnapshot snapshot, NatQuery query) {
    return new HookWalk(snapshot, query, "INPUT").through("mangle", "filter", "security", "nat");
  }

  /**
   * Whether a rule refuses a packet that the node itself sends (tables filter and security), once
   * {@link #prerouting} has translated its destination. {@code outInterface} is still the one of
   * its first routing, as it was for {@link #prerouting}: the packet is routed anew only behind
   * this hook.
   */
  public static NatPrediction output(NatSnapshot snapshot, NatQuery query) {
    return new HookWalk(snapshot, query, "OUTPUT").through("filter", "security");
  }

  /**
   * After routing: SNAT (tables mangle and nat). {@code packet} has its final destination, {@code
   * fwmark} its mark.
   */
  public static NatPrediction postrouting(NatSnapshot snapshot, NatQuery query) {
    if (query.connection().first() && snapshot.kubeProxyTables().mayMasquerade(query.fwmark())) {
      return Conclusion.cannotTell(
          query,
          "the packet is marked for masquerading and kube-proxy runs in nftables mode, whose rules"
              + " are not evaluated");
    }
    return new HookWalk(snapshot, query, "POSTROUTING").through("mangle", "nat");
  }

  /**
   * The rules that rewrote a destination: KUBE-SERVICES, KUBE-SVC and KUBE-SEP, or whatever stands
   * in their place. Empty when the rules no longer lead there.
   *
   * @param before the packet as the client sent it
   * @param endpoint the destination that conntrack proves
   */
  public static List<Citation> citeDnat(
      NatSnapshot snapshot, FlowKey before, IpAddress endpoint, int port) {
    return ProvenTranslation.destination(snapshot, before, endpoint, port);
  }

  /**
   * The rule that rewrote a source, or the one that exempted it when {@code after} is the source it
   * had; one rule, or none when nothing in the rules explains it.
   *
   * @param before the packet as it was routed: destination already translated
   * @param after the source that conntrack proves
   */
  public static List<Citation> citeSnat(
      NatSnapshot snapshot, FlowKey before, String outInterface, IpAddress after) {
    return ProvenTranslation.source(snapshot, before, outInterface, after);
  }
}
