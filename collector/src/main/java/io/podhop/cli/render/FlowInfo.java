package io.podhop.cli.render;

import io.podhop.model.Direction;
import io.podhop.model.DnsExchange;
import io.podhop.model.Endpoint;
import io.podhop.model.Flow;
import io.podhop.model.Owner;
import io.podhop.model.TcpQuality;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.List;

/** What is worth saying about a flow beyond its columns: nothing, for most of them. */
final class FlowInfo {
  private static final String RETRANSMIT = "retransmit";
  private static final String RESET = "reset";

  private FlowInfo() {}

  /** Safe to print; empty when there is nothing to say. */
  static String of(Flow flow, Style style) {
    List<String> parts = new ArrayList<>(0);
    end(flow, parts);
    flow.tcp().ifPresent(tcp -> tcp(flow, tcp, parts));
    flow.dns().ifPresent(dns -> parts.add(dns(dns, style)));
    parts.addAll(flow.outcome().degraded());
    if (!flow.outcome().cause().isEmpty()) {
      parts.add(flow.outcome().cause());
    }
    external(flow.source(), parts);
    external(flow.destination(), parts);
    if (!flow.tunnel().isEmpty()) {
      parts.add("in " + flow.tunnel());
    }
    if (flow.sight().dropped() > 0) {
      parts.add("capture lost " + count(flow.sight().dropped(), "packet"));
    }
    if (style.wide()) {
      parts.add("at " + flow.point().label());
    }
    return parts.isEmpty() ? "" : style.text(String.join(", ", parts));
  }

  private static void end(Flow flow, List<String> parts) {
    switch (flow.end()) {
      case OPEN -> parts.add("open");
      case EVICTED -> parts.add("evicted");
      case IDLE -> {
        if (flow.tcp().isPresent() && flow.outcome().verdict() == Verdict.Id.DELIVERED) {
          parts.add("idle");
        }
      }
      case CLOSED, RESET -> {}
    }
  }

  private static void tcp(Flow flow, TcpQuality tcp, List<String> parts) {
    if (tcp.retransmits() > 0 && !said(flow, RETRANSMIT)) {
      parts.add(count(tcp.retransmits(), RETRANSMIT));
    }
    if (tcp.resetBy().isPresent() && !said(flow, RESET)) {
      parts.add(RESET + " by " + (tcp.resetBy().get() == Direction.REQUEST ? "client" : "server"));
    }
  }

  /** Whether the verdict's own reasons tell it, which know more. */
  private static boolean said(Flow flow, String word) {
    return flow.outcome().cause().contains(word)
        || flow.outcome().degraded().stream().anyMatch(reason -> reason.contains(word));
  }

  private static String dns(DnsExchange dns, Style style) {
    StringBuilder text = new StringBuilder();
    text.append(DnsWords.type(dns.type())).append("? ");
    text.append(dns.name().isEmpty() ? "(unreadable name)" : dns.name());
    if (dns.rcode() >= 0) {
      text.append(' ').append(dns.rcodeName());
    }
    if (dns.latencyNs() >= 0) {
      text.append(" in ").append(Times.of(dns.latencyNs(), style));
    }
    if (dns.queries() > 1) {
      text.append(", asked ").append(dns.queries()).append(" times");
    }
    return text.toString();
  }

  private static void external(Endpoint end, List<String> parts) {
    if (end.owner() instanceof Owner.External(String name) && !name.isEmpty()) {
      parts.add(name + " (" + end.address() + ")");
    }
  }

  private static String count(long count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }
}
