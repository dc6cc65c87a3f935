package io.podhop.wire;

import io.podhop.model.AddressHistory;
import io.podhop.model.AddressMoment;
import io.podhop.model.PodRef;
import io.podhop.model.Tenure;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/** Whose an address was, as nodes tell it. */
public final class AddressCodec {
  private static final String STATE = "STATE_";

  private AddressCodec() {}

  public static io.podhop.v1.AddressHistory encode(AddressHistory history) {
    io.podhop.v1.AddressHistory.Builder message =
        io.podhop.v1.AddressHistory.newBuilder()
            .setNode(history.node())
            .addAllTenures(history.tenures().stream().map(AddressCodec::encode).toList())
            .setKnownFromNs(nanos(history.knownFrom()))
            .setNowOn(history.nowOn())
            .setOwn(history.own())
            .addAllWarnings(history.warnings());
    history.moment().map(AddressCodec::encode).ifPresent(message::setMoment);
    return message.build();
  }

  /**
   * @throws IllegalArgumentException when the message is incomplete
   */
  public static AddressHistory decode(io.podhop.v1.AddressHistory history) {
    return new AddressHistory(
        history.getNode(),
        history.getTenuresList().stream().map(AddressCodec::decode).toList(),
        instant(history.getKnownFromNs()),
        history.getNowOn(),
        history.getOwn(),
        history.hasMoment() ? Optional.of(decode(history.getMoment())) : Optional.empty(),
        history.getWarningsList());
  }

  private static io.podhop.v1.AddressMoment encode(AddressMoment moment) {
    io.podhop.v1.AddressMoment.Builder message =
        io.podhop.v1.AddressMoment.newBuilder()
            .setAtNs(nanos(moment.at()))
            .setState(io.podhop.v1.AddressMoment.State.valueOf(STATE + moment.state().name()))
            .setCoolingUntilNs(nanos(moment.coolingUntil()))
            .setBecause(moment.because())
            .addAllEvidence(moment.evidence().stream().map(ModelCodec::encode).toList());
    moment.tenure().map(AddressCodec::encode).ifPresent(message::setTenure);
    return message.build();
  }

  private static AddressMoment decode(io.podhop.v1.AddressMoment moment) {
    return new AddressMoment(
        Instant.EPOCH.plusNanos(moment.getAtNs()),
        ModelCodec.constant(AddressMoment.State.class, moment.getState().name(), STATE),
        moment.hasTenure() ? Optional.of(decode(moment.getTenure())) : Optional.empty(),
        instant(moment.getCoolingUntilNs()),
        moment.getBecause(),
        moment.getEvidenceList().stream().map(ModelCodec::decode).toList());
  }

  private static io.podhop.v1.Tenure encode(Tenure tenure) {
    return io.podhop.v1.Tenure.newBuilder()
        .setAddress(ModelCodec.encode(tenure.address()))
        .setPod(pod(tenure.pod()))
        .setContainerId(tenure.containerId())
        .setFromNs(nanos(tenure.from()))
        .setFromAtLeast(tenure.fromAtLeast())
        .setUntilNs(nanos(tenure.until()))
        .setUntilAtMost(tenure.untilAtMost())
        .setSeenNs(nanos(tenure.seenAt()))
        .setCoolingUntilNs(nanos(tenure.coolingUntil()))
        .setEni(tenure.eni())
        .setDeviceNumber(tenure.deviceNumber().orElse(-1))
        .addAllEvidence(tenure.evidence().stream().map(ModelCodec::encode).toList())
        .build();
  }

  private static Tenure decode(io.podhop.v1.Tenure tenure) {
    return new Tenure(
        ModelCodec.decode(tenure.getAddress()),
        pod(tenure.getPod()),
        tenure.getContainerId(),
        Instant.EPOCH.plusNanos(tenure.getFromNs()),
        tenure.getFromAtLeast(),
        instant(tenure.getUntilNs()),
        tenure.getUntilAtMost(),
        Instant.EPOCH.plusNanos(tenure.getSeenNs()),
        instant(tenure.getCoolingUntilNs()),
        tenure.getEni(),
        tenure.getDeviceNumber() < 0
            ? OptionalInt.empty()
            : OptionalInt.of(tenure.getDeviceNumber()),
        tenure.getEvidenceList().stream().map(ModelCodec::decode).toList());
  }

  static String pod(Optional<PodRef> pod) {
    return pod.map(PodRef::toString).orElse("");
  }

  /**
   * @param name {@code namespace/name}; empty for none
   * @throws IllegalArgumentException when it is neither
   */
  public static Optional<PodRef> pod(String name) {
    return name.isEmpty() ? Optional.empty() : Optional.of(ExplainCodec.pod(name));
  }

  /** Nanoseconds since 1970; a time beyond what they count is their greatest or least. */
  public static long nanos(Instant instant) {
    long seconds = instant.getEpochSecond();
    long most = TimeUnit.NANOSECONDS.toSeconds(Long.MAX_VALUE) - 1;
    return Math.clamp(seconds, -most, most) * 1_000_000_000L
        + (Math.abs(seconds) < most ? instant.getNano() : 0);
  }

  static long nanos(Optional<Instant> instant) {
    return instant.map(AddressCodec::nanos).orElse(0L);
  }

  /** Empty for zero, which stands for none. */
  public static Optional<Instant> instant(long nanos) {
    return nanos == 0 ? Optional.empty() : Optional.of(Instant.EPOCH.plusNanos(nanos));
  }
}
