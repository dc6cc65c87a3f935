package io.podhop.agent.predict;

import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.RtNames;
import io.podhop.agent.route.EniOwnership;
import io.podhop.agent.route.PolicyRule;
import io.podhop.agent.route.RouteDecision;
import io.podhop.model.Cidr;
import io.podhop.model.Citation;
import io.podhop.model.EniInfo;
import io.podhop.model.IpAddress;
import io.podhop.model.PredictedLeg.Fate;
import io.podhop.model.Tracked;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A packet that leaves by an ENI which does not have its source address, and what is missing that
 * would have sent it by the one which has.
 */
final class WrongEni {
  private static final String RENEW =
      "delete the pod so that the CNI writes it anew (a restart of aws-node does not)";
  private static final String RESTART =
      "restart aws-node on this node: ipamd writes it again when it starts";

  private final Passage at;
  private final RouteDecision.Forward way;
  private final int fwmark;
  private final EniOwnership.Result.Foreign foreign;
  private final String in;
  private final IpAddress source;

  /** What went wrong, and what to do. */
  private record Reason(String cause, String advice) {}

  /**
   * @param in where it came in by; empty for the node's own
   * @param fwmark the packet's mark when it was routed
   */
  WrongEni(
      Passage at,
      RouteDecision.Forward way,
      String in,
      int fwmark,
      EniOwnership.Result.Foreign foreign) {
    this.at = at;
    this.way = way;
    this.in = in;
    this.fwmark = fwmark;
    this.foreign = foreign;
    this.source = at.packet.source();
  }

  Fate dies() {
    Reason reason = reason();
    List<Citation> why = new ArrayList<>();
    foreign.owner().ifPresent(owner -> why.add(cite(owner)));
    why.addAll(way.why());
    return at.dies(
        Verdict.Id.WRONG_ENI,
        "",
        "it leaves by "
            + way.outInterface()
            + " with source "
            + source
            + ", which "
            + foreign
                .owner()
                .map(owner -> "belongs to " + named(owner))
                .orElse("no ENI of this node has")
            + ": EC2's source/destination check drops it; "
            + reason.cause(),
        why,
        reason.advice());
  }

  private Citation cite(EniOwnership.Eni owner) {
    String ranges =
        owner.ranges().stream()
            .filter(range -> range.contains(source))
            .findFirst()
            .map(Object::toString)
            .orElse(source.toString());
    return new Citation(Citation.Source.VPC, "eni", 0, named(owner) + " has " + ranges);
  }

  private static String named(EniOwnership.Eni eni) {
    return eni.interfaceName() + (eni.id().isEmpty() ? "" : " (" + eni.id() + ")");
  }

  private Reason reason() {
    if (foreign.owner().isEmpty()) {
      return new Reason(
          "the ENI that had this address is detached, or the address was never this node's",
          "delete the pod if it has an address of a detached ENI");
    }
    if (translated()) {
      return unmarked();
    }
    return way.rule().fwmarkMask() != 0 ? marked() : misrouted(foreign.owner().get());
  }

  /** Whether a hook behind routing gave it this source. */
  private boolean translated() {
    return !source.equals(at.query.packet().source());
  }

  /** Its address is the primary ENI's by then, and no mark has told routing to send it there. */
  private Reason unmarked() {
    boolean ruled = rules().stream().anyMatch(rule -> rule.fwmarkMask() != 0);
    String why = "it has the address only behind routing, and " + way.rule().text() + " routed it";
    if (!ruled) {
      return new Reason(
          why + ": rule 1024 (from all fwmark 0x80/0x80 lookup main) is missing", RESTART);
    }
    boolean marked = at.known().map(Tracked::mark).orElse(at.connection.mark()) != 0;
    if (fwmark == 0) {
      return new Reason(
          why
              + (marked
                  ? ": no rule restores the connection's mark on it (mangle/PREROUTING -i eni+)"
                  : ": no rule marks the connection for the primary ENI (CONNMARK in PREROUTING)"),
          RESTART);
    }
    return new Reason(why + ": no rule takes its mark 0x" + Integer.toHexString(fwmark), RESTART);
  }

  /** The mark pins it to the primary ENI although its source is not translated there. */
  private Reason marked() {
    boolean redirected = !at.packet.destination().equals(at.query.packet().destination());
    String mark = "it is marked 0x" + Integer.toHexString(fwmark) + " for the primary ENI";
    return redirected
        ? new Reason(
            mark
                + " by the service's address: AWS-CONNMARK-CHAIN-0 stands before KUBE-SERVICES in"
                + " nat/PREROUTING",
            "restore the order (KUBE-SERVICES first): restart kube-proxy after deleting its jump,"
                + " or upgrade the VPC CNI to 1.23 on nftables")
        : new Reason(
            mark + " although SNAT exempts its destination",
            "make the exempted ranges of AWS-CONNMARK-CHAIN-0 and AWS-SNAT-CHAIN-0 the same:"
                + " restart aws-node");
  }

  private Reason misrouted(EniOwnership.Eni owner) {
    Wanted wanted = wanted(owner);
    Optional<PolicyRule> own =
        rules().stream()
            .filter(rule -> rule.from().filter(range -> isHost(range)).isPresent())
            .findFirst();
    if (own.isEmpty()) {
      return new Reason(
          wanted.rule() + " is missing", "restore " + wanted.rule() + ", or " + wanted.renewal());
    }
    String has = "rule " + own.get().priority() + " (" + own.get().text() + ")";
    if (own.get().to().isPresent()) {
      return new Reason(
          has + " of VPC CNI 1.7 and before takes only what goes into the VPC",
          "upgrade the VPC CNI and renew the pod, so that it has " + wanted.rule());
    }
    return way.rule().equals(own.get())
        ? new Reason(
            has + " leads to the table of another ENI",
            "replace it by " + wanted.rule() + ", or " + wanted.renewal())
        : new Reason(
            "rule " + way.rule().priority() + " (" + way.rule().text() + ") comes before " + has,
            "see whether rule " + way.rule().priority() + " is meant for this traffic");
  }

  private boolean isHost(Cidr range) {
    return range.prefixLength() == source.bits() && range.address().equals(source);
  }

  /** The rule that would have sent it by the ENI which has its address, and who writes it. */
  private record Wanted(String rule, String renewal) {}

  private Wanted wanted(EniOwnership.Eni owner) {
    Optional<EniInfo> eni = at.node.eni(owner.interfaceName());
    String table = eni.map(EniInfo::routeTable).map(RtNames::table).orElse("?");
    if (in.startsWith("vlan")) {
      return new Wanted("rule 10 (from all iif " + in + " lookup " + table + ")", RENEW);
    }
    boolean primaryAddress = eni.filter(known -> known.addresses().contains(source)).isPresent();
    String rule = " (from " + source + " lookup " + table + ")";
    return primaryAddress
        ? new Wanted("rule 32765" + rule, RESTART)
        : new Wanted("rule 1536" + rule, RENEW);
  }

  private List<PolicyRule> rules() {
    IpFamily family = IpFamily.of(source);
    return at.node.routes().rules().stream().filter(rule -> rule.family() == family).toList();
  }
}
