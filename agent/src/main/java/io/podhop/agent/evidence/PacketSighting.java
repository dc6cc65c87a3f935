package io.podhop.agent.evidence;

import io.podhop.model.FlowKey;
import io.podhop.model.NodeEvidence.CounterChange;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Role;

/**
 * A packet that a capture saw.
 *
 * @param tuple in the packet's own direction
 * @param timeNs epoch nanoseconds, as the capture stamped it
 * @param lengthBytes on the wire, with the Ethernet header
 */
public record PacketSighting(ObservationPoint point, FlowKey tuple, long timeNs, int lengthBytes) {
  /** Its interface's name; the kernel's trace events do not tell namespaces apart either. */
  String device() {
    return point.interfaceName();
  }

  /** Whose namespace it was seen in. */
  String scope() {
    return point.role() == Role.POD_ETH0 ? point.owner() : CounterChange.NODE;
  }
}
