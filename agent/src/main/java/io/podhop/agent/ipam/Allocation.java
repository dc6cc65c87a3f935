package io.podhop.agent.ipam;

import io.podhop.model.IpAddress;
import io.podhop.model.PodRef;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One holding of an address by a pod sandbox: from ADD to DEL as ipamd processed them.
 *
 * @param containerId the sandbox id (64 hex digits); empty when no source named it
 * @param interfaceName the interface inside the pod, {@code eth0}; {@code unknown} on nodes that
 *     were upgraded from a CNI before 1.7
 * @param deviceNumber EC2 device index of the ENI that owns the address; -1 for a branch ENI
 * @param routeTable policy routing table of that ENI, 254 for main
 * @param hostVeth name of the host side of the pod's veth pair; empty when not known
 * @param from when ipamd gave the address. When the logs begin later than the holding does, the
 *     earliest instant at which it is known to have been held
 * @param until when ipamd took it back; empty while it is held
 * @param evidence the lines that said it, and whether the two ends are exact
 */
public record Allocation(
    IpAddress address,
    Optional<PodRef> pod,
    String containerId,
    String interfaceName,
    OptionalInt deviceNumber,
    OptionalInt routeTable,
    String hostVeth,
    Instant from,
    Optional<Instant> until,
    AllocationEvidence evidence) {
  /** Whether the address was held by this sandbox at the instant; {@code until} is exclusive. */
  public boolean covers(Instant instant) {
    return !instant.isBefore(from) && (until.isEmpty() || instant.isBefore(until.get()));
  }
}
