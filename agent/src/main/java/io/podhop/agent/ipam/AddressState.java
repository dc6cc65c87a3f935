package io.podhop.agent.ipam;

import java.time.Instant;
import java.util.Optional;

/** What an address of this node was at an instant. Exactly one of four. */
public sealed interface AddressState {
  /**
   * A sandbox held it.
   *
   * @param certain a source had it held then or later; false between that and an end that was not
   *     logged
   */
  record Held(Allocation by, boolean certain) implements AddressState {}

  /**
   * Released, and not to be given out yet: packets to it may still be meant for the last holder.
   *
   * @param last who held it before; empty when that is not known
   */
  record InCooldown(Cooling cooling, Optional<Allocation> last) implements AddressState {}

  /**
   * Nobody held it.
   *
   * @param last who held it before; empty when nobody is known
   */
  record Free(Optional<Allocation> last) implements AddressState {}

  /**
   * It cannot be told.
   *
   * @param why in one clause
   * @param knownSince from when on the logs tell; empty when there are none
   */
  record Unknown(String why, Optional<Instant> knownSince) implements AddressState {}
}
