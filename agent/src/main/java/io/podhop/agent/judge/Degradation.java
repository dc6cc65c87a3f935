package io.podhop.agent.judge;

import io.podhop.agent.flow.FlowRecord;
import io.podhop.model.Direction;
import io.podhop.model.DnsExchange;
import io.podhop.model.PacketKind;
import io.podhop.model.TcpHalf;
import io.podhop.model.TcpQuality;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Why an answered connection was not a healthy one. */
final class Degradation {
  private final FlowRecord flow;
  private final Thresholds thresholds;

  Degradation(FlowRecord flow, Thresholds thresholds) {
    this.flow = flow;
    this.thresholds = thresholds;
  }

  /** Trouble with the opening itself, which the hops of a trace show too. */
  List<String> opening() {
    List<String> reasons = new ArrayList<>();
    sentOften(Direction.REQUEST, PacketKind.SYN, reasons);
    sentOften(Direction.REPLY, PacketKind.SYN_ACK, reasons);
    if (isHalfOpen()) {
      reasons.add("half-open: the client never acknowledged the SYN-ACK");
    }
    long handshakeNs = flow.tcp().isPresent() ? flow.tcp().get().handshakeNs() : -1;
    if (handshakeNs > thresholds.slowHandshakeNs()) {
      reasons.add("slow handshake: " + seconds(handshakeNs));
    }
    return reasons;
  }

  /** Trouble afterwards, which only the flow's own counters tell. */
  List<String> later() {
    List<String> reasons = new ArrayList<>();
    flow.tcp().ifPresent(tcp -> tcp(tcp, reasons));
    flow.dns().ifPresent(dns -> dns(dns, reasons));
    flow.icmpError()
        .filter(IcmpReason::isTooBig)
        .ifPresent(error -> reasons.add("packets were too big: " + IcmpReason.of(error)));
    return reasons;
  }

  private void sentOften(Direction direction, PacketKind kind, List<String> reasons) {
    int copies = flow.copies(direction, kind);
    if (copies > 1) {
      reasons.add(kind.label() + " sent " + copies + " times");
    }
  }

  private long again(Direction direction, PacketKind kind) {
    return Math.max(0L, flow.copies(direction, kind) - 1L);
  }

  private boolean isHalfOpen() {
    return flow.saw(Direction.REQUEST, PacketKind.SYN)
        && flow.saw(Direction.REPLY, PacketKind.SYN_ACK)
        && !FlowJudge.clientWentOn(flow)
        && !flow.saw(Direction.REQUEST, PacketKind.RST);
  }

  private void tcp(TcpQuality tcp, List<String> reasons) {
    long handshake =
        again(Direction.REQUEST, PacketKind.SYN) + again(Direction.REPLY, PacketKind.SYN_ACK);
    long again = Math.max(0, tcp.retransmits() - handshake);
    long timeouts = Math.max(0, tcp.client().timeouts() + tcp.server().timeouts() - handshake);
    if (share(again) >= thresholds.retransmitShare() || timeouts >= thresholds.timeouts()) {
      reasons.add(
          "retransmitted "
              + counted(again, "segment", "segments")
              + percent(again)
              + (timeouts > 0 ? ", " + timeouts + " after a timeout" : ""));
    }
    long outOfOrder = tcp.client().outOfOrder() + tcp.server().outOfOrder();
    if (outOfOrder >= thresholds.minOutOfOrder()
        && share(outOfOrder) >= thresholds.outOfOrderShare()) {
      reasons.add(
          counted(outOfOrder, "segment", "segments") + " out of order" + percent(outOfOrder));
    }
    closedWindow("client", tcp.client(), reasons);
    closedWindow("server", tcp.server(), reasons);
    tcp.resetBy()
        .ifPresent(
            by -> reasons.add("reset by the " + (by == Direction.REQUEST ? "client" : "server")));
  }

  private static void closedWindow(String end, TcpHalf half, List<String> reasons) {
    if (half.zeroWindows() > 0) {
      reasons.add(
          "the "
              + end
              + " closed its receive window "
              + counted(half.zeroWindows(), "time", "times"));
    }
  }

  private void dns(DnsExchange dns, List<String> reasons) {
    if (dns.queries() > 1) {
      reasons.add("asked " + dns.queries() + " times");
    }
    if (dns.latencyNs() > thresholds.slowDnsNs()) {
      reasons.add("slow answer: " + seconds(dns.latencyNs()));
    }
  }

  private double share(long packets) {
    return packets == 0 ? 0 : (double) packets / Math.max(packets, flow.packets());
  }

  private String percent(long packets) {
    return String.format(Locale.ROOT, " (%.1f %%)", share(packets) * 100);
  }

  static String counted(long number, String one, String many) {
    return number + " " + (number == 1 ? one : many);
  }

  static String seconds(long ns) {
    return String.format(Locale.ROOT, "%.2f s", ns / 1e9);
  }
}
