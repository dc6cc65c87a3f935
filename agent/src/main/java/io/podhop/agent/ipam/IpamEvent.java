package io.podhop.agent.ipam;

import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import io.podhop.model.PodRef;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What one record of ipamd.log or plugin.log says. The sandbox's container id ties events of one
 * pod together; adjacency does not, since concurrent ADDs interleave.
 */
public sealed interface IpamEvent {
  /** When it was logged; when a line's own time is cut off, the time of the record before it. */
  Instant at();

  /** What happened to ipamd itself, its ENIs and its pool. */
  sealed interface OfNode extends IpamEvent {}

  /** A sandbox is named: an ADD request as ipamd or the plugin received it. */
  record SandboxNamed(
      Instant at, String containerId, Optional<PodRef> pod, String interfaceName, String netnsPath)
      implements IpamEvent {}

  /** ipamd's data store gave an address to a sandbox. */
  record Assigned(
      Instant at, IpAddress address, Optional<PodRef> pod, String containerId, String interfaceName)
      implements IpamEvent {}

  /** ipamd's data store took an address back; some releases name it only by sandbox. */
  record Unassigned(Instant at, IpAddress address, String containerId, OptionalInt deviceNumber)
      implements IpamEvent {}

  /** A DEL request for a sandbox; whether an address came free is another event's word. */
  record DelRequested(Instant at, String containerId, Optional<PodRef> pod) implements IpamEvent {}

  /**
   * The answer to an ADD that carries an address.
   *
   * @param containerId empty in ipamd's own line, which does not say it; filled by the plugin's
   * @param routeTable as logged, else derived: device + 1, 254 for device 0, 100 + VLAN id for a
   *     branch ENI
   */
  record AddReply(
      Instant at,
      IpAddress address,
      String containerId,
      OptionalInt deviceNumber,
      OptionalInt routeTable)
      implements IpamEvent {}

  /** The plugin wires a pod: the only record that ties veth, namespace, address and table. */
  record SetupPodNetwork(
      Instant at,
      String hostVeth,
      String interfaceName,
      String netnsPath,
      Optional<IpAddress> address,
      OptionalInt deviceNumber,
      OptionalInt routeTable)
      implements IpamEvent {}

  /** A released address may not be given out before {@code until} (RFC 3339 text of the log). */
  record CooldownEntered(Instant at, IpAddress address, Optional<Instant> until)
      implements IpamEvent {}

  record CooldownLeft(Instant at, IpAddress address) implements IpamEvent {}

  /** ipamd found an ENI in the instance metadata. */
  record EniAttached(Instant at, String eniId, String mac, int deviceNumber) implements OfNode {}

  /** ipamd configures an ENI on the host. */
  record EniSetUp(
      Instant at, Optional<IpAddress> address, String mac, int routeTable, int networkCard)
      implements OfNode {}

  /** ipamd removes an ENI although pods still hold its addresses. */
  record EniForceRemoved(Instant at, String eniId, int assignedPods) implements OfNode {}

  /** Anything else that happened to an ENI; {@code detail} is what the kind leaves open. */
  record EniChanged(
      Instant at, EniEvent.Kind kind, String eniId, Optional<Cidr> block, String detail)
      implements OfNode {}

  /** A branch ENI carries a pod; what is not logged is empty. */
  record BranchSetUp(
      Instant at, IpAddress address, int vlanId, String mac, String gateway, String enforcingMode)
      implements OfNode {}

  /** ipamd counted its pool. */
  record PoolCounted(Instant at, PoolStats stats) implements OfNode {}

  /** Why the pool cannot grow, or ipamd cannot answer. */
  record TroubleSeen(Instant at, Trouble.Kind kind, String message) implements OfNode {}

  /** ipamd asked the instance metadata what it runs on: {@code m5.large}. */
  record InstanceTyped(Instant at, String instanceType) implements OfNode {}

  /** ipamd starts: it forgets its cooldowns. */
  record Started(Instant at) implements OfNode {}

  /** ipamd found the address held in its state file after a start. */
  record Recovered(
      Instant at, IpAddress address, String containerId, String interfaceName, String eniId)
      implements OfNode {}

  /** ipamd has taken over all that its state file says; who was not named holds nothing. */
  record RecoveryDone(Instant at) implements OfNode {}

  /** There was no state file: the node was booted, and nobody holds an address. */
  record NothingToRecover(Instant at) implements OfNode {}

  /** ipamd dropped a holding that its state file had: the pod is gone, since when is not known. */
  record Dropped(Instant at, IpAddress address) implements OfNode {}

  /** The plugin added one of the routes or rules of the pod with this address. */
  record Wired(Instant at, IpAddress address) implements IpamEvent {}

  /** A pod did not get an address, and why. */
  record NoAddress(Instant at, Optional<PodRef> pod, String containerId, String reason)
      implements IpamEvent {}

  /** Any other record. */
  record Other(Instant at, String level, String message) implements IpamEvent {}
}
