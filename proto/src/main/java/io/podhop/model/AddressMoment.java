package io.podhop.model;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What an address was at one instant, by the word of one node.
 *
 * @param tenure who held it then, or last before; empty when nobody is known
 * @param coolingUntil when it could be given out again; empty when it was not cooling
 * @param because why it is not known, in one clause; empty when it is
 * @param evidence the lines that say it
 */
public record AddressMoment(
    Instant at,
    State state,
    Optional<Tenure> tenure,
    Optional<Instant> coolingUntil,
    String because,
    List<Citation> evidence) {
  /** Exactly one of these, the most telling first. */
  public enum State {
    HELD,
    /** Last known to be held; its end was not logged. */
    PERHAPS_HELD,
    COOLING,
    /** An ENI's own address: no pod can have it. */
    OWN,
    FREE,
    UNKNOWN,
    /** No address of this node. */
    ELSEWHERE
  }

  public AddressMoment {
    evidence = List.copyOf(evidence);
  }
}
