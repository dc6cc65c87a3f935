package io.podhop.agent.judge;

import io.podhop.agent.flow.FlowRecord;
import io.podhop.model.Direction;
import io.podhop.model.DnsExchange;
import io.podhop.model.Flow.End;
import io.podhop.model.Flow.Outcome;
import io.podhop.model.IpAddress;
import io.podhop.model.PacketKind;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The verdict over one connection at one point. Only what was opened before the point's eyes and
 * got nothing back is judged failed: a connection joined in mid-stream, or of which only one
 * direction passes here, is delivered as far as this point can tell.
 */
public final class FlowJudge {
  private static final int NXDOMAIN = 3;

  /** An open connection that waited less than this may still be answered. */
  private static final long PATIENCE_NS = 5_000_000_000L;

  private final FlowRecord flow;
  private final long dropped;
  private final Degradation degradation;

  /**
   * @param dropped packets that the point lost while the connection lived: silence proves nothing
   *     then
   */
  public FlowJudge(FlowRecord flow, long dropped, Thresholds thresholds) {
    this.flow = flow;
    this.dropped = dropped;
    this.degradation = new Degradation(flow, thresholds);
  }

  /**
   * The outcome without what the opening packets show, for whoever has those packets' hops as well.
   */
  public Outcome beyondOpening() {
    Outcome outcome = outcome();
    return outcome.verdict() == Verdict.Id.DELIVERED
        ? new Outcome(Verdict.Id.DELIVERED, degradation.later(), "")
        : outcome;
  }

  public Outcome outcome() {
    if (flow.dns().isPresent() && flow.dns().get().rcode() > 0) {
      return failed(Verdict.Id.DNS_FAILED, answerOf(flow.dns().get()));
    }
    if (isAnswered() || isToGroup(flow.key().destination())) {
      List<String> degraded = new ArrayList<>(degradation.opening());
      degraded.addAll(degradation.later());
      return new Outcome(Verdict.Id.DELIVERED, degraded, "");
    }
    return unanswered();
  }

  /**
   * The outcome of a question that was answered with an error; empty for any other flow. That a
   * name below {@code invalid} does not exist is no error (RFC 6761, 6.4).
   */
  public static Optional<Outcome> dnsFailure(FlowRecord flow) {
    return flow.dns()
        .filter(dns -> dns.rcode() > 0)
        .filter(dns -> dns.rcode() != NXDOMAIN || !isInvalid(dns.name()))
        .map(dns -> failed(Verdict.Id.DNS_FAILED, answerOf(dns)));
  }

  private static boolean isInvalid(String name) {
    String bare = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    return bare.equals("invalid") || bare.endsWith(".invalid");
  }

  private static String answerOf(DnsExchange dns) {
    return dns.rcodeName() + " for " + question(dns);
  }

  private static String question(DnsExchange dns) {
    return dns.name().isEmpty() ? "an unreadable question" : dns.name();
  }

  private boolean isAnswered() {
    if (flow.request().packets() == 0) {
      return true;
    }
    return switch (flow.key().protocol()) {
      case TCP -> isAnsweredTcp();
      case UDP -> isReplied(PacketKind.DATAGRAM);
      case ICMP, ICMPV6 -> isReplied(PacketKind.ECHO_REPLY);
    };
  }

  /** An RST is an answer only to what was established, and a client that goes on has heard one. */
  private boolean isAnsweredTcp() {
    return !flow.synSeen()
        || flow.saw(Direction.REPLY, PacketKind.SYN_ACK)
        || flow.saw(Direction.REPLY, PacketKind.DATA)
        || clientWentOn(flow);
  }

  static boolean clientWentOn(FlowRecord flow) {
    return flow.saw(Direction.REQUEST, PacketKind.ACK)
        || flow.saw(Direction.REQUEST, PacketKind.DATA)
        || flow.saw(Direction.REQUEST, PacketKind.FIN);
  }

  private boolean isReplied(PacketKind kind) {
    return flow.saw(Direction.REPLY, kind) || flow.kinds().isEmpty() && flow.reply().packets() > 0;
  }

  /** Multicast (RFC 5771, RFC 4291 2.7) and limited broadcast: no answer is due. */
  private static boolean isToGroup(IpAddress address) {
    return address.isIpv4()
        ? address.ipv4() >>> 28 == 0xe || address.ipv4() == -1
        : address.high() >>> 56 == 0xff;
  }

  private Outcome unanswered() {
    if (flow.resetBy().filter(Direction.REPLY::equals).isPresent()) {
      return failed(Verdict.Id.REFUSED, "RST to the SYN, as from " + flow.key().destination());
    }
    if (flow.icmpError().filter(error -> !IcmpReason.isTooBig(error)).isPresent()) {
      return failed(Verdict.Id.REFUSED, flow.icmpError().map(IcmpReason::of).orElseThrow());
    }
    if (dropped > 0) {
      return failed(
          Verdict.Id.NOT_OBSERVED,
          "no answer was seen, but the capture lost "
              + Degradation.counted(dropped, "packet", "packets")
              + " meanwhile");
    }
    long waitedNs = flow.lastNs() - flow.firstNs();
    if (flow.end() == End.OPEN && waitedNs < PATIENCE_NS) {
      return failed(
          Verdict.Id.NOT_OBSERVED,
          "no answer in " + Degradation.seconds(waitedNs) + ", and then the capture ended");
    }
    if (flow.end() == End.EVICTED) {
      return failed(
          Verdict.Id.NOT_OBSERVED, "its place in the flow table was needed before an answer came");
    }
    return silent();
  }

  private Outcome silent() {
    String when =
        " in "
            + Degradation.seconds(flow.lastNs() - flow.firstNs())
            + (flow.end() == End.OPEN ? " so far" : "")
            + (flow.isTracked() ? ", by this node's conntrack (UNREPLIED)" : "");
    if (flow.dns().isEmpty()) {
      return failed(Verdict.Id.NO_ANSWER, "no answer to " + tries() + when);
    }
    DnsExchange dns = flow.dns().get();
    return failed(
        Verdict.Id.DNS_FAILED,
        "no answer to "
            + Degradation.counted(dns.queries(), "query", "queries")
            + " for "
            + question(dns)
            + when);
  }

  private String tries() {
    long packets = flow.request().packets();
    return switch (flow.key().protocol()) {
      case TCP ->
          Degradation.counted(flow.copies(Direction.REQUEST, PacketKind.SYN), "SYN", "SYNs");
      case UDP ->
          flow.isTracked() && flow.request().bytes() == 0
              ? "datagrams that nobody counted"
              : Degradation.counted(packets, "datagram", "datagrams");
      case ICMP, ICMPV6 -> Degradation.counted(packets, "echo request", "echo requests");
    };
  }

  private static Outcome failed(Verdict.Id verdict, String cause) {
    return new Outcome(verdict, List.of(), cause);
  }
}
