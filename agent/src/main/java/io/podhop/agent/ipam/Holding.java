package io.podhop.agent.ipam;

import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import io.podhop.model.PodRef;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/** An {@link Allocation} while its facts still come in, from several files in any order. */
final class Holding {
  final IpAddress address;
  Citation began;
  Optional<Citation> ended = Optional.empty();
  Instant from;
  boolean fromExact = true;
  Optional<Instant> until = Optional.empty();
  boolean untilExact;
  Instant seen;
  Optional<PodRef> pod = Optional.empty();
  String containerId;
  String interfaceName = "";
  OptionalInt deviceNumber = OptionalInt.empty();
  OptionalInt routeTable = OptionalInt.empty();
  String hostVeth = "";

  /** Known from requests and answers only; ipamd's data store has not said it. */
  boolean provisional;

  Holding(IpAddress address, String containerId, Instant from, Citation began) {
    this.address = address;
    this.containerId = containerId;
    this.from = from;
    this.seen = from;
    this.began = began;
  }

  boolean isOpen() {
    return until.isEmpty();
  }

  /** A branch-ENI pod's address never passes through the data store. */
  boolean isBranch() {
    return deviceNumber.isPresent() && deviceNumber.getAsInt() < 0;
  }

  boolean covers(Instant instant) {
    return !instant.isBefore(from) && (until.isEmpty() || instant.isBefore(until.get()));
  }

  boolean endsNotBefore(Instant instant) {
    return until.isEmpty() || !until.get().isBefore(instant);
  }

  void learn(Optional<PodRef> named, String interfaceNamed) {
    if (pod.isEmpty()) {
      pod = named;
    }
    if (interfaceName.isEmpty()) {
      interfaceName = interfaceNamed;
    }
  }

  void route(OptionalInt device, OptionalInt table) {
    if (device.isPresent()) {
      deviceNumber = device;
    }
    if (table.isPresent()) {
      routeTable = table;
    }
  }

  void seenAt(Instant instant) {
    if (instant.isAfter(seen)) {
      seen = instant;
    }
  }

  /** Ends it there or, when it is known to have ended exactly and earlier, leaves that. */
  void end(Instant at, boolean exact, Citation line) {
    boolean better =
        until.isEmpty()
            || (exact && !untilExact)
            || (exact == untilExact && until.get().isAfter(at));
    if (better) {
      until = Optional.of(at);
      untilExact = exact;
      ended = Optional.of(line);
    }
  }

  /** Another holder is there from then on. */
  void endBy(Holding next) {
    if (until.isEmpty() || until.get().isAfter(next.from)) {
      until = Optional.of(next.from);
      untilExact = false;
      ended = Optional.of(next.began);
    }
  }

  void reopen() {
    until = Optional.empty();
    untilExact = false;
    ended = Optional.empty();
  }

  Allocation toAllocation() {
    boolean atMost = until.isPresent() && !untilExact;
    Instant seenThen = until.filter(end -> end.isBefore(seen)).orElse(seen);
    return new Allocation(
        address,
        pod,
        containerId,
        interfaceName,
        deviceNumber,
        routeTable,
        hostVeth,
        from,
        until,
        new AllocationEvidence(began, ended, !fromExact, atMost, seenThen));
  }
}
