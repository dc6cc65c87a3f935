package io.podhop.agent.span;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.podhop.agent.span.SpanRecorder.Draft;
import io.podhop.agent.span.SpanRecorder.Times;
import io.podhop.model.Direction;
import io.podhop.model.Endpoint;
import io.podhop.model.Flow;
import io.podhop.model.Hop;
import io.podhop.model.Owner;
import io.podhop.model.PacketKind;
import io.podhop.model.Segment;
import io.podhop.model.Segment.Side;
import io.podhop.model.TraceIds;
import io.podhop.wire.Schema;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The spans that one node can vouch for; what lies between two nodes is the collector's to add. */
public final class SegmentSpans {
  private final Segment segment;
  private final Optional<Flow> flow;
  private final SegmentView view;
  private final String sourceService;
  private final String destinationService;
  private final String rootId;
  private final String connectId;

  private SegmentSpans(Segment segment, Optional<Flow> flow) {
    this.segment = segment;
    this.flow = flow;
    this.view = new SegmentView(segment);
    this.sourceService = service(segment.source());
    this.destinationService = service(segment.destination());
    this.rootId = TraceIds.rootSpanId(segment.traceId());
    this.connectId = TraceIds.spanId(segment.traceId(), "", "connect");
  }

  /**
   * All spans of a segment. The source's node makes the root; the destination's node names it as
   * parent without having seen it, because its id is derived.
   */
  public static List<SpanData> of(Segment segment) {
    return of(segment, Optional.empty());
  }

  /**
   * The same.
   *
   * @param flow the connection as this node's nearest point to its client counted it, when it was
   *     watched from beginning to end; its quality goes on the root
   */
  public static List<SpanData> of(Segment segment, Optional<Flow> flow) {
    try (SpanRecorder recorder = new SpanRecorder(segment.traceId(), segment.node())) {
      new SegmentSpans(segment, flow).record(recorder);
      return recorder.spans();
    }
  }

  private void record(SpanRecorder recorder) {
    boolean source = segment.side() == Side.SOURCE || segment.side() == Side.BOTH;
    if (source) {
      recorder.record(root());
      recorder.record(connect());
    }
    String crossingService = source ? sourceService : destinationService;
    new CrossingSpans(segment, connectId, crossingService).drafts().forEach(recorder::record);
    accept().ifPresent(recorder::record);
    if (source) {
      firstByte().ifPresent(recorder::record);
      close().ifPresent(recorder::record);
    }
  }

  private Draft root() {
    String error = view.answerNs() > 0 ? "" : "no answer was seen at the source";
    return new Draft(
        rootId,
        "",
        sourceService,
        segment.client().protocol() + " " + name(segment.source()) + " → " + target(),
        SpanKind.CLIENT,
        new Times(view.firstNs(), view.endNs()),
        connectionAttributes().build(),
        view.refused() ? "refused" : error);
  }

  private AttributesBuilder connectionAttributes() {
    AttributesBuilder attributes = Attributes.builder();
    attributes
        .put(Schema.TRANSPORT, segment.client().protocol().toString())
        .put(Schema.NETWORK_TYPE, segment.client().source().isIpv4() ? "ipv4" : "ipv6")
        .put(Schema.CLIENT_ADDRESS, segment.client().source().toString())
        .put(Schema.CLIENT_PORT, segment.client().sourcePort())
        .put(Schema.SERVER_ADDRESS, segment.client().destination().toString())
        .put(Schema.SERVER_PORT, segment.client().destinationPort())
        .put(Schema.SOURCE_ADDRESS, segment.source().address().toString())
        .put(Schema.SOURCE_PORT, segment.source().port())
        .put(Schema.DESTINATION_ADDRESS, segment.destination().address().toString())
        .put(Schema.DESTINATION_PORT, segment.destination().port())
        .put(Schema.IDENTITY, segment.identity().toString())
        .put(Schema.PEER_SERVICE, segment.destination().owner().workloadName());
    OwnerAttributes.source(attributes, segment.source());
    OwnerAttributes.destination(attributes, segment.destination());
    if (!segment.owningEni().isEmpty()) {
      attributes.put(Schema.ENI_OWNING, segment.owningEni());
    }
    view.atFirstPoint(PacketKind.SYN, Direction.REQUEST)
        .ifPresent(syn -> attributes.put(Schema.RETRANSMITS, syn.copies() - 1));
    NatAttributes.put(attributes, segment.translation());
    flow.ifPresent(counted -> QualityAttributes.put(attributes, counted));
    return attributes;
  }

  private Draft connect() {
    long answered = view.answerNs();
    String what =
        switch (segment.client().protocol()) {
          case TCP -> "connect";
          case UDP -> "exchange";
          case ICMP, ICMPV6 -> "echo";
        };
    return new Draft(
        connectId,
        rootId,
        sourceService,
        what,
        SpanKind.INTERNAL,
        new Times(view.firstNs(), answered > 0 ? answered : view.endNs()),
        Attributes.empty(),
        answered > 0 ? "" : "not completed");
  }

  private Optional<Draft> accept() {
    if (segment.side() == Side.SOURCE || segment.side() == Side.TRANSIT) {
      return Optional.empty();
    }
    Optional<Hop.Observed> in = view.atDestinationPod(Direction.REQUEST);
    Optional<Hop.Observed> out = view.atDestinationPod(Direction.REPLY);
    return in.map(
        opening ->
            new Draft(
                TraceIds.spanId(segment.traceId(), opening.point().identity(), "accept"),
                connectId,
                destinationService,
                "accept",
                SpanKind.SERVER,
                new Times(opening.timeNs(), out.map(Hop.Observed::timeNs).orElse(opening.timeNs())),
                acceptAttributes(opening),
                out.isEmpty() ? "the pod did not answer" : ""));
  }

  private Attributes acceptAttributes(Hop.Observed opening) {
    AttributesBuilder attributes = Attributes.builder();
    HopAttributes.put(attributes, opening);
    attributes
        .put(Schema.CLIENT_ADDRESS, opening.tuple().source().toString())
        .put(Schema.CLIENT_PORT, opening.tuple().sourcePort())
        .put(Schema.SERVER_ADDRESS, opening.tuple().destination().toString())
        .put(Schema.SERVER_PORT, opening.tuple().destinationPort());
    OwnerAttributes.source(attributes, segment.source());
    OwnerAttributes.destination(attributes, segment.destination());
    return attributes.build();
  }

  private Optional<Draft> firstByte() {
    Optional<Hop.Observed> asked = view.atFirstPoint(PacketKind.DATA, Direction.REQUEST);
    Optional<Hop.Observed> answered = view.atFirstPoint(PacketKind.DATA, Direction.REPLY);
    return asked.isEmpty() || answered.isEmpty()
        ? Optional.empty()
        : Optional.of(
            child("first byte", asked.get().timeNs(), answered.get().timeNs(), Attributes.empty()));
  }

  private Optional<Draft> close() {
    List<Hop.Observed> ends =
        Stream.of(PacketKind.FIN, PacketKind.RST)
            .flatMap(
                kind ->
                    Stream.of(Direction.values())
                        .flatMap(direction -> view.atFirstPoint(kind, direction).stream()))
            .sorted(Comparator.comparingLong(Hop.Observed::timeNs))
            .toList();
    if (ends.isEmpty()) {
      return Optional.empty();
    }
    Hop.Observed first = ends.getFirst();
    String by =
        first.packet().label()
            + " by "
            + (first.direction() == Direction.REQUEST ? "client" : "server");
    Attributes attributes = Attributes.builder().put(Schema.CLOSED_BY, by).build();
    return Optional.of(child("close", first.timeNs(), ends.getLast().timeNs(), attributes));
  }

  private Draft child(String name, long start, long end, Attributes attributes) {
    return new Draft(
        TraceIds.spanId(segment.traceId(), "", name),
        rootId,
        sourceService,
        name,
        SpanKind.INTERNAL,
        new Times(start, end),
        attributes,
        "");
  }

  private String target() {
    boolean service = segment.destination().owner() instanceof Owner.Service;
    int port = service ? segment.client().destinationPort() : segment.destination().port();
    String name = name(segment.destination());
    return segment.client().protocol().isIcmp() ? name : name + ":" + port;
  }

  static String name(Endpoint endpoint) {
    return switch (endpoint.owner()) {
      case Owner.Pod pod -> pod.ref().namespace() + "/" + pod.workload();
      case Owner.Service service -> service.namespace() + "/" + service.name();
      case Owner.Node node -> node.name();
      case Owner.External external ->
          external.name().isEmpty() ? endpoint.address().toString() : external.name();
      case Owner.Unknown _ -> endpoint.address().toString();
    };
  }

  static String service(Endpoint endpoint) {
    return switch (endpoint.owner()) {
      case Owner.Pod pod -> pod.ref().namespace() + "/" + pod.workload();
      case Owner.Service service -> service.namespace() + "/" + service.name();
      case Owner.Node node -> "/" + node.name();
      case Owner.External external ->
          "/" + (external.name().isEmpty() ? endpoint.address().toString() : external.name());
      case Owner.Unknown _ -> "/" + endpoint.address();
    };
  }
}
