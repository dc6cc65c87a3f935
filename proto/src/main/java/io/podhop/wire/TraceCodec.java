package io.podhop.wire;

import io.podhop.model.ClockOffset;
import io.podhop.model.Endpoint;
import io.podhop.model.Flow;
import io.podhop.model.Owner;
import io.podhop.model.PodRef;
import io.podhop.model.Segment;
import io.podhop.model.Trace;
import io.podhop.model.Verdict;
import java.time.Instant;
import java.util.Optional;

/** Segments, traces and verdicts. */
public final class TraceCodec {
  private TraceCodec() {}

  public static io.podhop.v1.Endpoint encode(Endpoint endpoint) {
    return io.podhop.v1.Endpoint.newBuilder()
        .setAddress(ModelCodec.encode(endpoint.address()))
        .setPort(endpoint.port())
        .setOwner(encode(endpoint.owner()))
        .build();
  }

  public static Endpoint decode(io.podhop.v1.Endpoint endpoint) {
    return new Endpoint(
        ModelCodec.decode(endpoint.getAddress()), endpoint.getPort(), decode(endpoint.getOwner()));
  }

  public static io.podhop.v1.Owner encode(Owner owner) {
    io.podhop.v1.Owner.Builder message = io.podhop.v1.Owner.newBuilder();
    switch (owner) {
      case Owner.Pod pod -> {
        io.podhop.v1.Owner.Pod.Builder builder =
            message
                .getPodBuilder()
                .setNamespace(pod.ref().namespace())
                .setName(pod.ref().name())
                .setWorkload(pod.workload())
                .setNode(pod.node())
                .setEniInterface(pod.eniInterface());
        pod.since().ifPresent(since -> builder.setSinceNs(epochNs(since)));
      }
      case Owner.Node node ->
          message.getNodeBuilder().setName(node.name()).setEniInterface(node.eniInterface());
      case Owner.Service service ->
          message
              .getServiceBuilder()
              .setNamespace(service.namespace())
              .setName(service.name())
              .setPortName(service.portName());
      case Owner.External external -> message.getExternalBuilder().setName(external.name());
      case Owner.Unknown _ -> message.getUnknownBuilder();
    }
    return message.build();
  }

  public static Owner decode(io.podhop.v1.Owner owner) {
    return switch (owner.getOwnerCase()) {
      case POD -> {
        io.podhop.v1.Owner.Pod pod = owner.getPod();
        yield new Owner.Pod(
            new PodRef(pod.getNamespace(), pod.getName()),
            pod.getWorkload(),
            pod.getNode(),
            pod.getEniInterface(),
            pod.hasSinceNs() ? Optional.of(instant(pod.getSinceNs())) : Optional.empty());
      }
      case NODE -> new Owner.Node(owner.getNode().getName(), owner.getNode().getEniInterface());
      case SERVICE ->
          new Owner.Service(
              owner.getService().getNamespace(),
              owner.getService().getName(),
              owner.getService().getPortName());
      case EXTERNAL -> new Owner.External(owner.getExternal().getName());
      case UNKNOWN, OWNER_NOT_SET -> new Owner.Unknown();
    };
  }

  public static io.podhop.v1.Segment encode(Segment segment) {
    io.podhop.v1.Segment.Builder message = io.podhop.v1.Segment.newBuilder();
    segment.outcome().ifPresent(outcome -> message.setOutcome(encode(outcome)));
    return message
        .setTraceId(segment.traceId())
        .setIdentity(ModelCodec.encode(segment.identity()))
        .setNode(segment.node())
        .setSide(io.podhop.v1.Segment.Side.valueOf("SIDE_" + segment.side().name()))
        .setSource(encode(segment.source()))
        .setDestination(encode(segment.destination()))
        .setClient(ModelCodec.encode(segment.client()))
        .setWire(ModelCodec.encode(segment.wire()))
        .addAllHops(segment.hops().stream().map(ModelCodec::encode).toList())
        .addAllCoverage(segment.coverage().stream().map(ModelCodec::encode).toList())
        .setTranslation(ModelCodec.encode(segment.translation()))
        .setOwningEni(segment.owningEni())
        .addAllNotes(segment.notes())
        .build();
  }

  public static Segment decode(io.podhop.v1.Segment segment) {
    return new Segment(
        segment.getTraceId(),
        ModelCodec.decode(segment.getIdentity()),
        segment.getNode(),
        ModelCodec.constant(Segment.Side.class, segment.getSide().name(), "SIDE_"),
        decode(segment.getSource()),
        decode(segment.getDestination()),
        ModelCodec.decode(segment.getClient()),
        ModelCodec.decode(segment.getWire()),
        segment.getHopsList().stream().map(ModelCodec::decode).toList(),
        segment.getCoverageList().stream().map(ModelCodec::decode).toList(),
        ModelCodec.decode(segment.getTranslation()),
        segment.getOwningEni(),
        segment.getNotesList(),
        segment.hasOutcome() ? Optional.of(decode(segment.getOutcome())) : Optional.empty());
  }

  private static io.podhop.v1.Segment.Outcome encode(Flow.Outcome outcome) {
    return io.podhop.v1.Segment.Outcome.newBuilder()
        .setVerdict(outcome.verdict().toString())
        .addAllDegraded(outcome.degraded())
        .setCause(outcome.cause())
        .build();
  }

  private static Flow.Outcome decode(io.podhop.v1.Segment.Outcome outcome) {
    return new Flow.Outcome(
        spelled(Verdict.Id.values(), outcome.getVerdict()),
        outcome.getDegradedList(),
        outcome.getCause());
  }

  public static io.podhop.v1.Verdict encode(Verdict verdict) {
    return io.podhop.v1.Verdict.newBuilder()
        .setId(verdict.id().toString())
        .addAllDegraded(verdict.degraded())
        .setAfter(verdict.place().after())
        .setBefore(verdict.place().before())
        .setDirection(ModelCodec.encode(verdict.direction()))
        .setCause(verdict.cause())
        .addAllEvidence(verdict.evidence())
        .setGrade(verdict.grade().toString())
        .setGradeReason(verdict.gradeReason())
        .setAdvice(verdict.advice())
        .build();
  }

  public static Verdict decode(io.podhop.v1.Verdict verdict) {
    return new Verdict(
        spelled(Verdict.Id.values(), verdict.getId()),
        verdict.getDegradedList(),
        new Verdict.Place(verdict.getAfter(), verdict.getBefore()),
        ModelCodec.decode(verdict.getDirection()),
        verdict.getCause(),
        verdict.getEvidenceList(),
        spelled(Verdict.Grade.values(), verdict.getGrade()),
        verdict.getGradeReason(),
        verdict.getAdvice());
  }

  public static io.podhop.v1.Trace encode(Trace trace) {
    return io.podhop.v1.Trace.newBuilder()
        .setTraceId(trace.traceId())
        .setIdentity(ModelCodec.encode(trace.identity()))
        .setStartNs(trace.startNs())
        .setSource(encode(trace.source()))
        .setDestination(encode(trace.destination()))
        .setClient(ModelCodec.encode(trace.client()))
        .setWire(ModelCodec.encode(trace.wire()))
        .addAllHops(trace.hops().stream().map(ModelCodec::encode).toList())
        .addAllTranslations(trace.translations().stream().map(ModelCodec::encode).toList())
        .setHandshakeNs(trace.handshakeNs())
        .setRetransmits(trace.retransmits())
        .setOffset(
            io.podhop.v1.ClockOffset.newBuilder()
                .setOffsetNs(trace.offset().offsetNs())
                .setErrorNs(trace.offset().errorNs())
                .setKnown(trace.offset().known()))
        .addAllMissingNodes(trace.missingNodes())
        .setVerdict(encode(trace.verdict()))
        .addAllPredicted(trace.predicted().stream().map(ExplainCodec::encode).toList())
        .build();
  }

  public static Trace decode(io.podhop.v1.Trace trace) {
    return new Trace(
        trace.getTraceId(),
        ModelCodec.decode(trace.getIdentity()),
        trace.getStartNs(),
        decode(trace.getSource()),
        decode(trace.getDestination()),
        ModelCodec.decode(trace.getClient()),
        ModelCodec.decode(trace.getWire()),
        trace.getHopsList().stream().map(ModelCodec::decode).toList(),
        trace.getTranslationsList().stream().map(ModelCodec::decode).toList(),
        trace.getHandshakeNs(),
        trace.getRetransmits(),
        new ClockOffset(
            trace.getOffset().getOffsetNs(),
            trace.getOffset().getErrorNs(),
            trace.getOffset().getKnown()),
        trace.getMissingNodesList(),
        decode(trace.getVerdict()),
        trace.getPredictedList().stream().map(ExplainCodec::decode).toList());
  }

  static <E extends Enum<E>> E spelled(E[] constants, String text) {
    for (E constant : constants) {
      if (constant.toString().equals(text)) {
        return constant;
      }
    }
    throw new IllegalArgumentException("unknown word: '" + text + "'");
  }

  private static long epochNs(Instant instant) {
    return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
  }

  private static Instant instant(long epochNs) {
    return Instant.ofEpochSecond(0, epochNs);
  }
}
