package io.podhop.agent.span;

import io.opentelemetry.api.common.AttributesBuilder;
import io.podhop.model.DnsExchange;
import io.podhop.model.Flow;
import io.podhop.model.TcpHalf;
import io.podhop.model.TcpQuality;
import io.podhop.model.Traffic;
import io.podhop.wire.Schema;
import java.util.stream.LongStream;

/** How a connection went, as attributes. */
final class QualityAttributes {
  private QualityAttributes() {}

  static void put(AttributesBuilder attributes, Flow flow) {
    attributes.put(Schema.CAPTURE_MODE, flow.sight().mode());
    traffic(attributes, flow.request(), flow.reply());
    flow.tcp().ifPresent(tcp -> tcp(attributes, tcp));
    flow.dns().ifPresent(dns -> dns(attributes, dns));
  }

  static void traffic(AttributesBuilder attributes, Traffic request, Traffic reply) {
    attributes
        .put(Schema.REQUEST_BYTES, request.bytes())
        .put(Schema.REQUEST_PACKETS, request.packets())
        .put(Schema.REPLY_BYTES, reply.bytes())
        .put(Schema.REPLY_PACKETS, reply.packets());
  }

  private static void tcp(AttributesBuilder attributes, TcpQuality tcp) {
    TcpHalf client = tcp.client();
    TcpHalf server = tcp.server();
    attributes
        .put(Schema.TCP_RETRANSMITS, tcp.retransmits())
        .put(Schema.TCP_TIMEOUTS, client.timeouts() + server.timeouts())
        .put(Schema.TCP_OUT_OF_ORDER, client.outOfOrder() + server.outOfOrder())
        .put(Schema.TCP_ZERO_WINDOWS, client.zeroWindows() + server.zeroWindows())
        .put(Schema.TCP_UNSEEN, client.unseenBytes() + server.unseenBytes());
    if (client.rtt().count() > 0) {
      attributes.put(Schema.TCP_RTT, client.rtt().meanNs());
    }
    LongStream.of(client.mss(), server.mss())
        .filter(mss -> mss > 0)
        .min()
        .ifPresent(mss -> attributes.put(Schema.TCP_MSS, mss));
  }

  private static void dns(AttributesBuilder attributes, DnsExchange dns) {
    attributes
        .put(Schema.DNS_QUESTION, dns.name())
        .put(Schema.DNS_RCODE, dns.rcodeName())
        .put(Schema.DNS_QUERIES, (long) dns.queries());
  }
}
