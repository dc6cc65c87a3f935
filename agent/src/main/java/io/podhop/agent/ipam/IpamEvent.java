package io.podhop.agent.ipam;

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
  record EniAttached(Instant at, String eniId, String mac, int deviceNumber) implements IpamEvent {}

  /** ipamd configures an ENI on the host. */
  record EniSetUp(
      Instant at, Optional<IpAddress> address, String mac, int routeTable, int networkCard)
      implements IpamEvent {}

  /** ipamd removes an ENI although pods still hold its addresses. */
  record EniForceRemoved(Instant at, String eniId, int assignedPods) implements IpamEvent {}

  /** A pod did not get an address, and why. */
  record NoAddress(Instant at, Optional<PodRef> pod, String containerId, String reason)
      implements IpamEvent {}

  /** Any other record. */
  record Other(Instant at, String level, String message) implements IpamEvent {}
}
