package io.podhop.agent.ipam;

import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import io.podhop.model.PodRef;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One ADD of a sandbox, step by step, as ipamd and the plugin logged it.
 *
 * @param address what it got; empty when it got none, or its assignment is not in the logs
 * @param steps in order of time
 */
public record AddTrail(
    String containerId,
    Optional<PodRef> pod,
    Optional<IpAddress> address,
    List<AddTrail.Step> steps) {
  public AddTrail {
    steps = List.copyOf(steps);
  }

  /** A point on the way from the request to a wired pod. */
  public enum Kind {
    /** The runtime called the plugin. */
    PLUGIN_CALLED,
    /** ipamd received AddNetwork. */
    RECEIVED,
    /** ipamd's data store gave the address. */
    ASSIGNED,
    /** ipamd answered the plugin. */
    REPLIED,
    /** The plugin begins to make the veth pair. */
    WIRING,
    /** The last route or rule of the pod is there. */
    WIRED,
    /** No address, or no ipamd. */
    FAILED
  }

  /** When the kind's line was logged, and the line. */
  public record Step(Kind kind, Instant at, Citation evidence) {}

  /** When it began. */
  public Instant from() {
    return steps.getFirst().at();
  }

  /** When its last step was logged. */
  public Instant to() {
    return steps.getLast().at();
  }
}
