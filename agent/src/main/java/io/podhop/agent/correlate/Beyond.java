package io.podhop.agent.correlate;

import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.flow.TtlRange;
import io.podhop.agent.ipam.Allocation;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.judge.FlowJudge;
import io.podhop.model.Direction;
import io.podhop.model.Flow;
import io.podhop.model.IpAddress;
import io.podhop.model.PacketKind;
import io.podhop.model.PodRef;
import io.podhop.model.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What a node knows of a connection that no hop of it shows. */
final class Beyond {
  /** Two ways through a network differ by a hop or two; a loop takes two hops each time around. */
  private static final int LOOPING = 3;

  /** How long ipamd keeps an address back after its pod is gone (IP_COOLDOWN_PERIOD). */
  private static final Duration COOLDOWN = Duration.ofSeconds(30);

  private final Armed armed;
  private final IpamSnapshot ipam;

  Beyond(Armed armed, IpamSnapshot ipam) {
    this.armed = armed;
    this.ipam = ipam;
  }

  /**
   * The outcome by what is not in hops: the same packet with falling TTL, the answer's own error
   * code, an address that had another owner a moment before.
   *
   * @param local addresses of the two ends that are this node's
   */
  Optional<Flow.Outcome> outcome(List<FlowRecord> records, List<IpAddress> local, Instant then) {
    return records.stream()
        .flatMap(record -> loop(record).stream())
        .findFirst()
        .or(() -> records.stream().flatMap(r -> FlowJudge.dnsFailure(r).stream()).findFirst())
        .or(() -> local.stream().flatMap(a -> recycled(a, then).stream()).findFirst());
  }

  private Optional<Flow.Outcome> loop(FlowRecord record) {
    return loop(record, Direction.REQUEST, record.requestTtl())
        .or(() -> loop(record, Direction.REPLY, record.replyTtl()));
  }

  /** Only the packet that opens a connection: later ones may come by another way. */
  private Optional<Flow.Outcome> loop(FlowRecord record, Direction direction, TtlRange ttl) {
    int copies =
        record.kinds().stream()
            .filter(seen -> seen.direction() == direction && isFirst(seen.kind()))
            .mapToInt(seen -> seen.copies())
            .max()
            .orElse(0);
    return copies > 1 && ttl.max() - ttl.min() >= LOOPING
        ? Optional.of(
            new Flow.Outcome(
                Verdict.Id.ROUTING_LOOP,
                List.of(),
                "the same packet passed %s %d times, its TTL falling from %d to %d"
                    .formatted(
                        armed.point(record.pointIndex()).label(), copies, ttl.max(), ttl.min())))
        : Optional.empty();
  }

  private static boolean isFirst(PacketKind kind) {
    return kind.opens() || kind == PacketKind.SYN_ACK || kind == PacketKind.ECHO_REPLY;
  }

  private Optional<Flow.Outcome> recycled(IpAddress address, Instant then) {
    List<Allocation> history = ipam.historyOf(address);
    for (int i = history.size() - 1; i > 0; i--) {
      boolean fresh = then.isBefore(history.get(i).from().plus(COOLDOWN));
      if (fresh && history.get(i).covers(then)) {
        return recycled(address, history.get(i - 1), history.get(i));
      }
    }
    return Optional.empty();
  }

  private static Optional<Flow.Outcome> recycled(
      IpAddress address, Allocation before, Allocation now) {
    Optional<PodRef> had = before.pod();
    Optional<PodRef> has = now.pod();
    if (had.isEmpty() || has.isEmpty() || had.equals(has) || before.until().isEmpty()) {
      return Optional.empty();
    }
    Duration between = Duration.between(before.until().get(), now.from());
    return between.compareTo(COOLDOWN) >= 0
        ? Optional.empty()
        : Optional.of(
            new Flow.Outcome(
                Verdict.Id.RECYCLED_ADDRESS,
                List.of(),
                "%s was %s's until %s, and %s got it %d ms later, within the cooldown"
                    .formatted(
                        address,
                        had.get(),
                        before.until().get(),
                        has.get(),
                        Math.max(0, between.toMillis()))));
  }
}
