package io.podhop.agent.ipam;

import io.podhop.model.IpAddress;
import io.podhop.model.PodRef;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/** An {@link Allocation} while its facts still come in, from several files in any order. */
final class Holding {
  final IpAddress address;
  final String evidence;
  Instant from;
  Optional<Instant> until = Optional.empty();
  Optional<PodRef> pod = Optional.empty();
  String containerId;
  String interfaceName = "";
  OptionalInt deviceNumber = OptionalInt.empty();
  OptionalInt routeTable = OptionalInt.empty();
  String hostVeth = "";

  /** Known from requests and answers only; ipamd's data store has not said it. */
  boolean provisional;

  Holding(IpAddress address, String containerId, Instant from, String evidence) {
    this.address = address;
    this.containerId = containerId;
    this.from = from;
    this.evidence = evidence;
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

  Allocation toAllocation() {
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
        evidence);
  }
}
