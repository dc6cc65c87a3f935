package io.podhop.agent.bundle;

import io.podhop.agent.correlate.NodePart;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.correlate.Peers;
import java.util.List;
import java.util.Optional;

/**
 * A node as its support bundle tells it. Immutable, and complete without the bundle.
 *
 * @param view what an agent on the node would have known, as far as the bundle says it. Indexes of
 *     interfaces that only routes name are our own and below zero; pods have no inode and no pid.
 *     It was read when the bundle was collected
 * @param missing what the bundle does not hold, in a fixed order
 * @param warnings what could not be read and what was passed over, for people
 */
public record BundleNode(NodeView view, List<MissingInput> missing, List<String> warnings) {
  public BundleNode {
    missing = List.copyOf(missing);
    warnings = List.copyOf(warnings);
  }

  /** What is missing of a part of the view; empty when it is there. */
  public Optional<MissingInput> missing(NodePart part) {
    return missing.stream()
        .filter(input -> input.part().filter(part::equals).isPresent())
        .findFirst();
  }

  /** The same, with knowledge of other nodes. */
  public BundleNode with(Peers peers) {
    NodeView known =
        new NodeView(
            view.inventory(),
            view.ipam(),
            view.routes(),
            view.nat(),
            peers.book(),
            view.insides(),
            view.reading());
    return new BundleNode(known, missing, warnings);
  }
}
