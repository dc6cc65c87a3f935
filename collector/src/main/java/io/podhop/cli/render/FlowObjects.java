package io.podhop.cli.render;

import io.podhop.model.Direction;
import io.podhop.model.DnsExchange;
import io.podhop.model.Endpoint;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Owner;
import io.podhop.model.TcpHalf;
import io.podhop.model.TcpQuality;
import io.podhop.model.Traffic;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.dataformat.yaml.YAMLFactory;

/**
 * Flows for programs: an object each, written without building a tree. JSON has one object to a
 * line, YAML one document each. Keys are stable: they are added to, never renamed. Keys that end in
 * {@code Ns} are nanoseconds; times are epoch.
 */
public final class FlowObjects implements FlowPrinter {
  private final Appendable out;
  private final boolean yaml;
  private final StringWriter text = new StringWriter();
  private final JsonGenerator json;

  private FlowObjects(Appendable out, boolean yaml) {
    this.out = out;
    this.yaml = yaml;
    this.json =
        JsonFactory.builder()
            .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
            .rootValueSeparator("")
            .build()
            .createGenerator(ObjectWriteContext.empty(), text);
  }

  /** JSON lines, in ASCII. */
  public static FlowObjects json(Appendable out) {
    return new FlowObjects(out, false);
  }

  /** YAML documents, in ASCII. */
  public static FlowObjects yaml(Appendable out) {
    return new FlowObjects(out, true);
  }

  /** What writes one object. */
  @FunctionalInterface
  private interface Fields {
    void write(JsonGenerator to);
  }

  @Override
  public void flow(Flow flow) throws IOException {
    print(to -> write(to, flow));
  }

  @Override
  public void lost(String node, long count, String reason) throws IOException {
    print(
        to -> {
          to.writeName("lost");
          to.writeStartObject();
          to.writeStringProperty("node", node);
          to.writeNumberProperty("count", count);
          to.writeStringProperty("reason", reason);
          to.writeEndObject();
        });
  }

  private void print(Fields fields) throws IOException {
    text.getBuffer().setLength(0);
    if (yaml) {
      try (JsonGenerator document =
          new YAMLFactory().createGenerator(ObjectWriteContext.empty(), text)) {
        object(document, fields);
      }
      out.append(Document.ascii(text.toString()));
    } else {
      object(json, fields);
      json.flush();
      out.append(text.getBuffer()).append('\n');
    }
  }

  private static void object(JsonGenerator to, Fields fields) {
    to.writeStartObject();
    fields.write(to);
    to.writeEndObject();
  }

  private static void write(JsonGenerator to, Flow flow) {
    to.writeNumberProperty("startNs", flow.startNs());
    to.writeNumberProperty("endNs", flow.endNs());
    to.writeStringProperty("traceId", flow.traceId());
    to.writeStringProperty("verdict", flow.outcome().verdict().toString());
    strings(to, "degraded", flow.outcome().degraded());
    to.writeStringProperty("cause", flow.outcome().cause());
    to.writeStringProperty("protocol", flow.key().protocol().toString());
    endpoint(to, "source", flow.source());
    endpoint(to, "destination", flow.destination());
    key(to, flow.key());
    to.writeStringProperty("end", flow.end().toString());
    to.writeNumberProperty("rttNs", flow.rttNs());
    traffic(to, "request", flow.request());
    traffic(to, "reply", flow.reply());
    flow.tcp().ifPresent(tcp -> tcp(to, tcp));
    flow.dns().ifPresent(dns -> dns(to, dns));
    to.writeStringProperty("tunnel", flow.tunnel());
    point(to, flow.point());
    to.writeStringProperty("mode", flow.sight().mode());
    to.writeNumberProperty("dropped", flow.sight().dropped());
  }

  private static void strings(JsonGenerator to, String name, List<String> values) {
    to.writeName(name);
    to.writeStartArray();
    for (String value : values) {
      to.writeString(value);
    }
    to.writeEndArray();
  }

  /** The same keys as an end of {@code podhop trace}. */
  private static void endpoint(JsonGenerator to, String name, Endpoint end) {
    to.writeName(name);
    to.writeStartObject();
    to.writeStringProperty("address", end.address().toString());
    to.writeNumberProperty("port", end.port());
    to.writeStringProperty("label", end.owner().label());
    switch (end.owner()) {
      case Owner.Pod pod -> {
        to.writeStringProperty("kind", "pod");
        to.writeStringProperty("namespace", pod.ref().namespace());
        to.writeStringProperty("name", pod.ref().name());
        to.writeStringProperty("workload", pod.workload());
        to.writeStringProperty("node", pod.node());
      }
      case Owner.Node node -> {
        to.writeStringProperty("kind", "node");
        to.writeStringProperty("name", node.name());
      }
      case Owner.Service service -> {
        to.writeStringProperty("kind", "service");
        to.writeStringProperty("namespace", service.namespace());
        to.writeStringProperty("name", service.name());
      }
      case Owner.External external -> {
        to.writeStringProperty("kind", "external");
        to.writeStringProperty("name", external.name());
      }
      case Owner.Unknown _ -> to.writeStringProperty("kind", "unknown");
    }
    to.writeEndObject();
  }

  private static void key(JsonGenerator to, FlowKey key) {
    to.writeName("tuple");
    to.writeStartObject();
    to.writeStringProperty("protocol", key.protocol().toString());
    to.writeStringProperty("source", key.source().toString());
    to.writeNumberProperty("sourcePort", key.sourcePort());
    to.writeStringProperty("destination", key.destination().toString());
    to.writeNumberProperty("destinationPort", key.destinationPort());
    to.writeEndObject();
  }

  private static void traffic(JsonGenerator to, String name, Traffic traffic) {
    to.writeName(name);
    to.writeStartObject();
    to.writeNumberProperty("packets", traffic.packets());
    to.writeNumberProperty("bytes", traffic.bytes());
    to.writeNumberProperty("payloadBytes", traffic.payloadBytes());
    to.writeEndObject();
  }

  private static void tcp(JsonGenerator to, TcpQuality tcp) {
    to.writeName("tcp");
    to.writeStartObject();
    to.writeBooleanProperty("synSeen", tcp.synSeen());
    to.writeNumberProperty("clientIsn", tcp.clientIsn());
    to.writeNumberProperty("handshakeNs", tcp.handshakeNs());
    to.writeNumberProperty("handshakeAckNs", tcp.handshakeAckNs());
    to.writeNumberProperty("firstByteNs", tcp.firstByteNs());
    to.writeNumberProperty("retransmits", tcp.retransmits());
    to.writeStringProperty("closedBy", end(tcp.closedBy()));
    to.writeStringProperty("resetBy", end(tcp.resetBy()));
    half(to, "client", tcp.client());
    half(to, "server", tcp.server());
    to.writeEndObject();
  }

  private static String end(Optional<Direction> by) {
    return by.map(direction -> direction == Direction.REQUEST ? "client" : "server").orElse("");
  }

  private static void half(JsonGenerator to, String name, TcpHalf half) {
    to.writeName(name);
    to.writeStartObject();
    to.writeNumberProperty("mss", half.mss());
    to.writeNumberProperty("windowScale", half.windowScale());
    to.writeNumberProperty("maxWindowBytes", half.maxWindowBytes());
    to.writeNumberProperty("fastRetransmits", half.retransmits());
    to.writeNumberProperty("timeouts", half.timeouts());
    to.writeNumberProperty("duplicateAcks", half.duplicateAcks());
    to.writeNumberProperty("outOfOrder", half.outOfOrder());
    to.writeNumberProperty("zeroWindows", half.zeroWindows());
    to.writeNumberProperty("unseenBytes", half.unseenBytes());
    to.writeNumberProperty("rttCount", half.rtt().count());
    to.writeNumberProperty("rttMinNs", half.rtt().minNs());
    to.writeNumberProperty("rttMeanNs", half.rtt().meanNs());
    to.writeNumberProperty("rttMaxNs", half.rtt().maxNs());
    to.writeEndObject();
  }

  private static void dns(JsonGenerator to, DnsExchange dns) {
    to.writeName("dns");
    to.writeStartObject();
    to.writeNumberProperty("id", dns.id());
    to.writeStringProperty("name", dns.name());
    to.writeNumberProperty("type", dns.type());
    to.writeNumberProperty("rcode", dns.rcode());
    to.writeNumberProperty("latencyNs", dns.latencyNs());
    to.writeNumberProperty("queries", dns.queries());
    to.writeEndObject();
  }

  private static void point(JsonGenerator to, ObservationPoint point) {
    to.writeName("point");
    to.writeStartObject();
    to.writeStringProperty("label", point.label());
    to.writeStringProperty("node", point.node());
    to.writeStringProperty("role", point.role().name());
    to.writeStringProperty("interface", point.interfaceName());
    to.writeStringProperty("owner", point.owner());
    to.writeEndObject();
  }
}
