package io.podhop.wire;

import com.google.protobuf.ByteString;
import io.podhop.model.Citation;
import io.podhop.model.Coverage;
import io.podhop.model.Direction;
import io.podhop.model.FlowKey;
import io.podhop.model.Hop;
import io.podhop.model.Identity;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PacketKind;
import io.podhop.model.PointCoverage;
import io.podhop.model.Protocol;
import io.podhop.model.Role;
import io.podhop.model.Translation;
import java.util.EnumSet;
import java.util.List;

/**
 * Addresses, tuples, points and hops: the words that segments, traces and control messages share.
 */
public final class ModelCodec {
  private ModelCodec() {}

  public static ByteString encode(IpAddress address) {
    return ByteString.copyFrom(address.toBytes());
  }

  public static IpAddress decode(ByteString address) {
    return IpAddress.ofBytes(address.toByteArray());
  }

  public static Protocol protocol(int number) {
    return Protocol.ofNumber(number)
        .orElseThrow(() -> new IllegalArgumentException("no such protocol here: " + number));
  }

  public static io.podhop.v1.FlowKey encode(FlowKey key) {
    return io.podhop.v1.FlowKey.newBuilder()
        .setProtocol(key.protocol().number())
        .setSource(encode(key.source()))
        .setSourcePort(key.sourcePort())
        .setDestination(encode(key.destination()))
        .setDestinationPort(key.destinationPort())
        .build();
  }

  public static FlowKey decode(io.podhop.v1.FlowKey key) {
    return new FlowKey(
        protocol(key.getProtocol()),
        decode(key.getSource()),
        key.getSourcePort(),
        decode(key.getDestination()),
        key.getDestinationPort());
  }

  public static io.podhop.v1.ObservationPoint encode(ObservationPoint point) {
    return io.podhop.v1.ObservationPoint.newBuilder()
        .setNode(point.node())
        .setRole(io.podhop.v1.Role.valueOf("ROLE_" + point.role().name()))
        .setNetnsInode(point.netnsInode())
        .setIfindex(point.ifindex())
        .setInterfaceName(point.interfaceName())
        .setOwner(point.owner())
        .build();
  }

  public static ObservationPoint decode(io.podhop.v1.ObservationPoint point) {
    return new ObservationPoint(
        point.getNode(),
        constant(Role.class, point.getRole().name(), "ROLE_"),
        point.getNetnsInode(),
        point.getIfindex(),
        point.getInterfaceName(),
        point.getOwner());
  }

  public static io.podhop.v1.Coverage encode(Coverage coverage) {
    return io.podhop.v1.Coverage.newBuilder()
        .setFilter(coverage.filter())
        .setFromNs(coverage.fromNs())
        .setToNs(coverage.toNs())
        .setReceived(coverage.received())
        .setDroppedByKernel(coverage.droppedByKernel())
        .setDroppedByUs(coverage.droppedByUs())
        .setUndecoded(coverage.undecoded())
        .build();
  }

  public static Coverage decode(io.podhop.v1.Coverage coverage) {
    return new Coverage(
        coverage.getFilter(),
        coverage.getFromNs(),
        coverage.getToNs(),
        coverage.getReceived(),
        coverage.getDroppedByKernel(),
        coverage.getDroppedByUs(),
        coverage.getUndecoded());
  }

  public static io.podhop.v1.PointCoverage encode(PointCoverage coverage) {
    return io.podhop.v1.PointCoverage.newBuilder()
        .setPoint(encode(coverage.point()))
        .setCoverage(encode(coverage.coverage()))
        .build();
  }

  public static PointCoverage decode(io.podhop.v1.PointCoverage coverage) {
    return new PointCoverage(decode(coverage.getPoint()), decode(coverage.getCoverage()));
  }

  public static io.podhop.v1.Citation encode(Citation citation) {
    return io.podhop.v1.Citation.newBuilder()
        .setSource(io.podhop.v1.Citation.Source.valueOf("SOURCE_" + citation.source().name()))
        .setPlace(citation.place())
        .setNumber(citation.number())
        .setText(citation.text())
        .build();
  }

  public static Citation decode(io.podhop.v1.Citation citation) {
    return new Citation(
        constant(Citation.Source.class, citation.getSource().name(), "SOURCE_"),
        citation.getPlace(),
        citation.getNumber(),
        citation.getText());
  }

  public static io.podhop.v1.Hop encode(Hop hop) {
    io.podhop.v1.Hop.Builder message =
        io.podhop.v1.Hop.newBuilder()
            .setPoint(encode(hop.point()))
            .setDirection(encode(hop.direction()))
            .setPacket(io.podhop.v1.PacketKind.valueOf("PACKET_KIND_" + hop.packet().name()))
            .addAllWhy(hop.why().stream().map(ModelCodec::encode).toList());
    switch (hop) {
      case Hop.Observed seen ->
          message
              .getObservedBuilder()
              .setTuple(encode(seen.tuple()))
              .setTimeNs(seen.timeNs())
              .setCopies(seen.copies());
      case Hop.NotSeen silent -> message.getNotSeenBuilder().setCoverage(encode(silent.coverage()));
      case Hop.Inferred _ -> message.getInferredBuilder();
    }
    return message.build();
  }

  public static Hop decode(io.podhop.v1.Hop hop) {
    ObservationPoint point = decode(hop.getPoint());
    Direction direction = decode(hop.getDirection());
    PacketKind packet = constant(PacketKind.class, hop.getPacket().name(), "PACKET_KIND_");
    List<Citation> why = hop.getWhyList().stream().map(ModelCodec::decode).toList();
    return switch (hop.getEvidenceCase()) {
      case OBSERVED -> {
        io.podhop.v1.Hop.Observed seen = hop.getObserved();
        yield new Hop.Observed(
            point,
            direction,
            packet,
            decode(seen.getTuple()),
            seen.getTimeNs(),
            seen.getCopies(),
            why);
      }
      case NOT_SEEN ->
          new Hop.NotSeen(point, direction, packet, decode(hop.getNotSeen().getCoverage()), why);
      case INFERRED -> new Hop.Inferred(point, direction, packet, why);
      case EVIDENCE_NOT_SET -> throw new IllegalArgumentException("a hop without evidence");
    };
  }

  public static io.podhop.v1.Direction encode(Direction direction) {
    return io.podhop.v1.Direction.valueOf("DIRECTION_" + direction.name());
  }

  public static Direction decode(io.podhop.v1.Direction direction) {
    return constant(Direction.class, direction.name(), "DIRECTION_");
  }

  public static io.podhop.v1.Identity encode(Identity identity) {
    return io.podhop.v1.Identity.valueOf("IDENTITY_" + identity.name());
  }

  public static Identity decode(io.podhop.v1.Identity identity) {
    return constant(Identity.class, identity.name(), "IDENTITY_");
  }

  public static io.podhop.v1.Translation encode(Translation translation) {
    io.podhop.v1.Translation.Builder message =
        io.podhop.v1.Translation.newBuilder()
            .addAllEvidence(translation.evidence().stream().map(ModelCodec::encode).toList());
    return switch (translation) {
      case Translation.None _ -> message.setKind(io.podhop.v1.Translation.Kind.KIND_NONE).build();
      case Translation.Unknown unknown ->
          message
              .setKind(io.podhop.v1.Translation.Kind.KIND_UNKNOWN)
              .setReason(unknown.reason())
              .build();
      case Translation.Snat snat ->
          rewrite(message, io.podhop.v1.Translation.Kind.KIND_SNAT, snat.before(), snat.after());
      case Translation.Dnat dnat ->
          rewrite(message, io.podhop.v1.Translation.Kind.KIND_DNAT, dnat.before(), dnat.after());
      case Translation.Both both ->
          rewrite(message, io.podhop.v1.Translation.Kind.KIND_BOTH, both.before(), both.after());
    };
  }

  private static io.podhop.v1.Translation rewrite(
      io.podhop.v1.Translation.Builder message,
      io.podhop.v1.Translation.Kind kind,
      FlowKey before,
      FlowKey after) {
    return message.setKind(kind).setBefore(encode(before)).setAfter(encode(after)).build();
  }

  public static Translation decode(io.podhop.v1.Translation translation) {
    List<Citation> evidence =
        translation.getEvidenceList().stream().map(ModelCodec::decode).toList();
    return switch (translation.getKind()) {
      case KIND_NONE -> new Translation.None(evidence);
      case KIND_UNKNOWN -> new Translation.Unknown(translation.getReason(), evidence);
      case KIND_SNAT ->
          new Translation.Snat(
              decode(translation.getBefore()), decode(translation.getAfter()), evidence);
      case KIND_DNAT ->
          new Translation.Dnat(
              decode(translation.getBefore()), decode(translation.getAfter()), evidence);
      case KIND_BOTH ->
          new Translation.Both(
              decode(translation.getBefore()), decode(translation.getAfter()), evidence);
      case KIND_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalArgumentException("a translation without a kind");
    };
  }

  static <E extends Enum<E>> E constant(Class<E> type, String name, String prefix) {
    for (E constant : EnumSet.allOf(type)) {
      if (name.equals(prefix + constant.name())) {
        return constant;
      }
    }
    throw new IllegalArgumentException("not a " + type.getSimpleName() + ": " + name);
  }
}
