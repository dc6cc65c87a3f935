package io.podhop.wire;

import io.podhop.model.DnatChoice;
import io.podhop.model.Explanation;
import io.podhop.model.FlowKey;
import io.podhop.model.LegQuery;
import io.podhop.model.PodRef;
import io.podhop.model.PredictedHop;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Tracked;
import io.podhop.model.Verdict;
import java.util.Optional;

/** Predicted ways, as nodes are asked for them and as people read them. */
public final class ExplainCodec {
  private ExplainCodec() {}

  public static io.podhop.v1.LegQuery encode(LegQuery query) {
    io.podhop.v1.LegQuery.Builder message =
        io.podhop.v1.LegQuery.newBuilder()
            .setDirection(ModelCodec.encode(query.direction()))
            .setPacket(ModelCodec.encode(query.packet()))
            .setLength(query.length());
    switch (query.entry()) {
      case LegQuery.FromPod from -> message.setPod(from.pod().toString());
      case LegQuery.FromEni from -> message.setEni(from.interfaceName());
      case LegQuery.FromNode _ -> message.setNode(true);
    }
    query.tracked().map(ExplainCodec::encode).ifPresent(message::setTracked);
    return message.build();
  }

  /**
   * @throws IllegalArgumentException when the message is incomplete
   */
  public static LegQuery decode(io.podhop.v1.LegQuery query) {
    return new LegQuery(
        ModelCodec.decode(query.getDirection()),
        ModelCodec.decode(query.getPacket()),
        switch (query.getEntryCase()) {
          case POD -> new LegQuery.FromPod(pod(query.getPod()));
          case ENI -> new LegQuery.FromEni(query.getEni());
          case NODE -> new LegQuery.FromNode();
          case ENTRY_NOT_SET -> throw new IllegalArgumentException("a leg without an entry");
        },
        query.hasTracked() ? Optional.of(decode(query.getTracked())) : Optional.empty(),
        query.getLength());
  }

  static PodRef pod(String name) {
    int slash = name.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("not namespace/name: '" + name + "'");
    }
    return new PodRef(name.substring(0, slash), name.substring(slash + 1));
  }

  private static io.podhop.v1.Tracked encode(Tracked tracked) {
    return io.podhop.v1.Tracked.newBuilder()
        .setBefore(ModelCodec.encode(tracked.before()))
        .setAfter(ModelCodec.encode(tracked.after()))
        .setMark(tracked.mark())
        .build();
  }

  private static Tracked decode(io.podhop.v1.Tracked tracked) {
    return new Tracked(
        ModelCodec.decode(tracked.getBefore()),
        ModelCodec.decode(tracked.getAfter()),
        tracked.getMark());
  }

  public static io.podhop.v1.PredictedLeg encode(PredictedLeg leg) {
    io.podhop.v1.PredictedLeg.Builder message =
        io.podhop.v1.PredictedLeg.newBuilder()
            .setNode(leg.node())
            .setDirection(ModelCodec.encode(leg.direction()))
            .setEntering(ModelCodec.encode(leg.entering()))
            .addAllHops(leg.hops().stream().map(ExplainCodec::encode).toList())
            .setLeaving(ModelCodec.encode(leg.leaving()))
            .addAllChoices(leg.choices().stream().map(ExplainCodec::encode).toList())
            .setMtu(leg.mtu())
            .addAllNotes(leg.notes());
    leg.tracked().map(ExplainCodec::encode).ifPresent(message::setTracked);
    switch (leg.fate()) {
      case PredictedLeg.Arrives arrives -> message.getArrivesBuilder().setAt(arrives.at());
      case PredictedLeg.Leaves leaves ->
          message
              .getLeavesBuilder()
              .setEniInterface(leaves.eniInterface())
              .setOwningEni(leaves.owningEni());
      case PredictedLeg.Dies dies -> message.setDies(encode(dies));
      case PredictedLeg.Unclear unclear ->
          message
              .getUnclearBuilder()
              .setBecause(unclear.because())
              .addAllWhy(unclear.why().stream().map(ModelCodec::encode).toList());
    }
    return message.build();
  }

  private static io.podhop.v1.PredictedLeg.Dies encode(PredictedLeg.Dies dies) {
    return io.podhop.v1.PredictedLeg.Dies.newBuilder()
        .setVerdict(dies.verdict().toString())
        .setAfter(dies.place().after())
        .setBefore(dies.place().before())
        .setCause(dies.cause())
        .addAllWhy(dies.why().stream().map(ModelCodec::encode).toList())
        .setAdvice(dies.advice())
        .build();
  }

  /**
   * @throws IllegalArgumentException when the message is incomplete
   */
  public static PredictedLeg decode(io.podhop.v1.PredictedLeg leg) {
    return new PredictedLeg(
        leg.getNode(),
        ModelCodec.decode(leg.getDirection()),
        ModelCodec.decode(leg.getEntering()),
        leg.getHopsList().stream().map(ExplainCodec::decode).toList(),
        fate(leg),
        ModelCodec.decode(leg.getLeaving()),
        leg.hasTracked() ? Optional.of(decode(leg.getTracked())) : Optional.empty(),
        leg.getChoicesList().stream().map(ExplainCodec::decode).toList(),
        leg.getMtu(),
        leg.getNotesList());
  }

  private static PredictedLeg.Fate fate(io.podhop.v1.PredictedLeg leg) {
    return switch (leg.getFateCase()) {
      case ARRIVES -> new PredictedLeg.Arrives(leg.getArrives().getAt());
      case LEAVES ->
          new PredictedLeg.Leaves(
              leg.getLeaves().getEniInterface(), leg.getLeaves().getOwningEni());
      case DIES ->
          new PredictedLeg.Dies(
              TraceCodec.spelled(Verdict.Id.values(), leg.getDies().getVerdict()),
              new Verdict.Place(leg.getDies().getAfter(), leg.getDies().getBefore()),
              leg.getDies().getCause(),
              leg.getDies().getWhyList().stream().map(ModelCodec::decode).toList(),
              leg.getDies().getAdvice());
      case UNCLEAR ->
          new PredictedLeg.Unclear(
              leg.getUnclear().getBecause(),
              leg.getUnclear().getWhyList().stream().map(ModelCodec::decode).toList());
      case FATE_NOT_SET -> throw new IllegalArgumentException("a leg without a fate");
    };
  }

  private static io.podhop.v1.PredictedHop encode(PredictedHop hop) {
    return io.podhop.v1.PredictedHop.newBuilder()
        .setPoint(ModelCodec.encode(hop.point()))
        .setPacket(ModelCodec.encode(hop.packet()))
        .addAllWhy(hop.why().stream().map(ModelCodec::encode).toList())
        .build();
  }

  private static PredictedHop decode(io.podhop.v1.PredictedHop hop) {
    FlowKey packet = ModelCodec.decode(hop.getPacket());
    return new PredictedHop(
        ModelCodec.decode(hop.getPoint()),
        packet,
        hop.getWhyList().stream().map(ModelCodec::decode).toList());
  }

  private static io.podhop.v1.DnatChoice encode(DnatChoice choice) {
    return io.podhop.v1.DnatChoice.newBuilder()
        .setAddress(ModelCodec.encode(choice.address()))
        .setPort(choice.port())
        .setProbability(choice.probability())
        .addAllWhy(choice.why().stream().map(ModelCodec::encode).toList())
        .build();
  }

  private static DnatChoice decode(io.podhop.v1.DnatChoice choice) {
    return new DnatChoice(
        ModelCodec.decode(choice.getAddress()),
        choice.getPort(),
        choice.getProbability(),
        choice.getWhyList().stream().map(ModelCodec::decode).toList());
  }

  public static io.podhop.v1.Explanation encode(Explanation explanation) {
    return io.podhop.v1.Explanation.newBuilder()
        .setSource(TraceCodec.encode(explanation.source()))
        .setDestination(TraceCodec.encode(explanation.destination()))
        .setProtocol(explanation.protocol().number())
        .addAllLegs(explanation.legs().stream().map(ExplainCodec::encode).toList())
        .setVerdict(TraceCodec.encode(explanation.verdict()))
        .addAllNotes(explanation.notes())
        .build();
  }

  /**
   * @throws IllegalArgumentException when the message is incomplete
   */
  public static Explanation decode(io.podhop.v1.Explanation explanation) {
    return new Explanation(
        TraceCodec.decode(explanation.getSource()),
        TraceCodec.decode(explanation.getDestination()),
        ModelCodec.protocol(explanation.getProtocol()),
        explanation.getLegsList().stream().map(ExplainCodec::decode).toList(),
        TraceCodec.decode(explanation.getVerdict()),
        explanation.getNotesList());
  }
}
