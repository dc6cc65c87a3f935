package io.podhop.agent.ipam;

import io.podhop.model.Cidr;
import io.podhop.model.Citation;
import java.time.Instant;
import java.util.Optional;

/**
 * Something that happened to an ENI of the node, by ipamd's log.
 *
 * @param eniId {@code eni-…}; empty when the line names it by MAC address only
 * @param block the address or prefix that was added or removed; empty for other kinds
 * @param detail what the kind leaves open: MAC address, type, number of pods; empty when nothing
 */
public record EniEvent(
    Instant at, Kind kind, String eniId, Optional<Cidr> block, String detail, Citation evidence) {
  /** In the order of an ENI's life. */
  public enum Kind {
    CREATED,
    ATTACHED,
    /** Seen in the instance metadata for the first time. */
    FOUND,
    TYPED,
    SET_UP,
    SETUP_FAILED,
    BLOCK_ADDED,
    BLOCK_REMOVED,
    EXCLUDED,
    INCLUDED,
    /** Removed although pods held its addresses. */
    FORCE_REMOVED,
    FREEING,
    DETACHED,
    FREED
  }
}
