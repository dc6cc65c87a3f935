package io.podhop.collector.stitch;

import io.podhop.model.Direction;
import io.podhop.model.Hop;
import io.podhop.model.Verdict.Place;
import java.util.Optional;

/**
 * Where a packet vanished: after the point that saw it last, before the one that did not.
 *
 * @param last its last sighting, on the source node's clock
 * @param place the labels of both
 */
record Gap(Kind kind, Hop.Observed last, Direction direction, Place place) {
  /** The machinery between the two points. */
  enum Kind {
    /** From a pod's own interface to the host's end of the pair. */
    OUT_OF_POD,
    /** On a node, from where a packet comes in to where it goes out. */
    FORWARDING,
    /** Between two ENIs, or beyond the last one. */
    VPC,
    /** From the host's end of the pair to the pod's own interface. */
    INTO_POD,
    /** Above the interface of the pod that it was for. */
    IN_POD
  }

  /** Of a packet that was seen somewhere. */
  static Gap of(Passage passage) {
    Passage.Step last = passage.lastSeen().orElseThrow();
    Optional<Passage.Step> silent = passage.firstSilent();
    return new Gap(
        kind(last.stage(), silent.map(Passage.Step::stage), passage.direction()),
        last.seen().orElseThrow(),
        passage.direction(),
        new Place(last.label(), silent.map(Passage.Step::label).orElse("")));
  }

  private static Kind kind(Stage last, Optional<Stage> silent, Direction direction) {
    boolean sending = last.isNear() == (direction == Direction.REQUEST);
    return switch (last) {
      case SOURCE_POD, DESTINATION_POD -> sending ? outOfPod(silent) : Kind.IN_POD;
      case SOURCE_VETH, DESTINATION_VETH -> sending ? Kind.FORWARDING : Kind.INTO_POD;
      case SOURCE_ENI, DESTINATION_ENI -> sending ? Kind.VPC : Kind.FORWARDING;
    };
  }

  /** Where nobody watched the host's end of the pair, what lies behind it belongs to the gap. */
  private static Kind outOfPod(Optional<Stage> silent) {
    boolean nextIsVeth =
        silent.filter(s -> s == Stage.SOURCE_VETH || s == Stage.DESTINATION_VETH).isPresent();
    return nextIsVeth ? Kind.OUT_OF_POD : Kind.FORWARDING;
  }

  String node() {
    return last.point().node();
  }

  /** The pod whose interface saw it last; empty when it was another's. */
  String pod() {
    return switch (last.point().role()) {
      case POD_ETH0 -> last.point().owner();
      case HOST_VETH, ENI, BRANCH_ENI, FILE -> "";
    };
  }

  /** Whether a prediction that ends a packet at a place ends it here. */
  boolean isAt(Place predicted) {
    boolean sameStart = predicted.after().equals(place.after());
    boolean sameEnd = !predicted.before().isEmpty() && predicted.before().equals(place.before());
    return sameStart || predicted.after().isEmpty() && sameEnd;
  }
}
