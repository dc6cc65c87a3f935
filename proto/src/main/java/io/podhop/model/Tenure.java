package io.podhop.model;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One holding of an address by a pod, by ipamd's and the plugin's word.
 *
 * @param pod empty when no source names it
 * @param containerId the pod's sandbox; empty when not known
 * @param fromAtLeast it began at {@code from} or before: the logs do not go back so far
 * @param until empty while it lasts
 * @param untilAtMost it ended at {@code until} or before: its end was not logged
 * @param seenAt the last instant at which it is known to have lasted
 * @param coolingUntil when the address could be given out again; empty when that is not known
 * @param eni the ENI's id, else its interface; empty when not known
 * @param deviceNumber EC2 device index of the ENI; empty when not known, and of a branch ENI
 * @param evidence the lines that say it
 */
public record Tenure(
    IpAddress address,
    Optional<PodRef> pod,
    String containerId,
    Instant from,
    boolean fromAtLeast,
    Optional<Instant> until,
    boolean untilAtMost,
    Instant seenAt,
    Optional<Instant> coolingUntil,
    String eni,
    OptionalInt deviceNumber,
    List<Citation> evidence) {
  public Tenure {
    evidence = List.copyOf(evidence);
  }
}
