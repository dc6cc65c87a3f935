package io.podhop.model;

import java.util.List;
import java.util.Optional;

/**
 * What one node's rules, routes and chains make of a packet, from where it enters the node's part
 * of the way to where it leaves it.
 *
 * @param entering the packet as it enters, in its own direction
 * @param leaving the packet as it leaves; as far as it got when it dies
 * @param tracked what conntrack holds of the connection afterwards; empty when nothing is tracked
 * @param choices destinations among which the rules choose at random, the assumed one first; empty
 *     when there is no choice
 * @param mtu the smallest on this leg in bytes; 0 when not known
 */
public record PredictedLeg(
    String node,
    Direction direction,
    FlowKey entering,
    List<PredictedHop> hops,
    Fate fate,
    FlowKey leaving,
    Optional<Tracked> tracked,
    List<DnatChoice> choices,
    int mtu,
    List<String> notes) {
  public PredictedLeg {
    hops = List.copyOf(hops);
    choices = List.copyOf(choices);
    notes = List.copyOf(notes);
  }

  /** How the leg ends. */
  public sealed interface Fate {}

  /**
   * The packet is delivered on this node.
   *
   * @param at {@code namespace/name} of a pod, or the node's name
   */
  public record Arrives(String at) implements Fate {}

  /**
   * It goes out into the VPC.
   *
   * @param owningEni interface name of the ENI that owns its source address there; empty when no
   *     ENI of this node is known to
   */
  public record Leaves(String eniInterface, String owningEni) implements Fate {}

  /**
   * It ends here.
   *
   * @param place last point it reaches, and the one that it does not
   * @param cause one sentence
   * @param why the lines that say so
   * @param advice what to do, in one sentence
   */
  public record Dies(
      Verdict.Id verdict, Verdict.Place place, String cause, List<Citation> why, String advice)
      implements Fate {
    public Dies {
      why = List.copyOf(why);
    }
  }

  /** The node does not know enough to say. */
  public record Unclear(String because, List<Citation> why) implements Fate {
    public Unclear {
      why = List.copyOf(why);
    }
  }
}
