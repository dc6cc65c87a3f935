package io.podhop.model;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Who held an address on one node, or which addresses a pod held there.
 *
 * @param tenures earliest first
 * @param knownFrom before it, tenures may be missing; empty when nothing is known at all
 * @param nowOn the ENI (id, else interface) that has the address now; empty when none of this node
 *     does, and for a pod
 * @param own the address is that ENI's own, no pod's
 * @param moment what it was at the instant that was asked about, if one was
 * @param warnings what is not known and why, for people
 */
public record AddressHistory(
    String node,
    List<Tenure> tenures,
    Optional<Instant> knownFrom,
    String nowOn,
    boolean own,
    Optional<AddressMoment> moment,
    List<String> warnings) {
  public AddressHistory {
    tenures = List.copyOf(tenures);
    warnings = List.copyOf(warnings);
  }

  /** Whether this node has anything to tell of the address or pod. */
  public boolean concerned() {
    return !tenures.isEmpty() || !nowOn.isEmpty();
  }
}
