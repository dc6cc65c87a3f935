package io.podhop.collector.explain;

import io.podhop.collector.registry.Holder;
import io.podhop.collector.registry.Names;
import io.podhop.model.Citation;
import io.podhop.model.Direction;
import io.podhop.model.DnatChoice;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.LegQuery;
import io.podhop.model.Owner;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Tracked;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Follows one packet from node to node by asking each for its part of the way. */
final class Walk {
  /** Parts of one packet's way; the longest that can be right has three, there or back. */
  static final int MAX_LEGS = 8;

  private final Names names;
  private final Legs nodes;
  private final Conntracks conntracks;
  private final Direction direction;
  private final int length;
  private final Optional<DnatChoice> wanted;
  private final List<PredictedLeg> legs = new ArrayList<>();
  private final Set<Step> taken = new HashSet<>();

  /** A packet where a node's part of its way begins. */
  record Step(String node, LegQuery.Entry entry, FlowKey packet) {}

  /**
   * @param conntracks learns what this packet makes the nodes track
   * @param length bytes of the IP packet; 0 for one that is small
   * @param wanted the destination to be followed where rules choose; empty for the one that the
   *     node assumes
   */
  Walk(
      Names names,
      Legs nodes,
      Conntracks conntracks,
      Direction direction,
      int length,
      Optional<DnatChoice> wanted) {
    this.names = names;
    this.nodes = nodes;
    this.conntracks = conntracks;
    this.direction = direction;
    this.length = length;
    this.wanted = wanted;
  }

  Way from(Step first) throws InterruptedException {
    Step step = first;
    while (legs.size() < MAX_LEGS) {
      if (!taken.add(step)) {
        return new Way(legs, loop(step));
      }
      PredictedLeg leg = leg(step);
      legs.add(leg);
      conntracks.learn(leg);
      switch (leg.fate()) {
        case PredictedLeg.Arrives(String at) -> {
          return new Way(legs, new Way.Arrived(at));
        }
        case PredictedLeg.Dies dies -> {
          return new Way(legs, new Way.Died(dies));
        }
        case PredictedLeg.Unclear(String because, List<Citation> why) -> {
          return new Way(legs, new Way.Unclear(because, why));
        }
        case PredictedLeg.Leaves leaves -> {
          switch (beyond(leg, leaves)) {
            case Beyond.Next(Step next) -> step = next;
            case Beyond.Over(Way.End end) -> {
              return new Way(legs, end);
            }
          }
        }
      }
    }
    return new Way(
        legs, new Way.Unclear("the way has more than " + MAX_LEGS + " parts", List.of()));
  }

  /** What comes after a node that a packet left. */
  private sealed interface Beyond {
    record Next(Step step) implements Beyond {}

    record Over(Way.End end) implements Beyond {}
  }

  private Beyond beyond(PredictedLeg leg, PredictedLeg.Leaves leaves) {
    IpAddress to = leg.leaving().destination();
    List<Holder> holders = names.holders(to);
    if (holders.isEmpty()) {
      return new Beyond.Over(outside(leg, leaves));
    }
    Holder holder = holders.getFirst();
    if (holders.size() > 1) {
      String all = String.join(" and ", holders.stream().map(Holder::label).toList());
      return new Beyond.Over(new Way.Unclear(to + " is with " + all + " at once", List.of()));
    }
    return holder.eniInterface().isEmpty()
        ? new Beyond.Over(
            new Way.Unclear(
                "node " + holder.node() + " does not know by which of its ENIs it has " + to,
                List.of()))
        : new Beyond.Next(
            new Step(holder.node(), new LegQuery.FromEni(holder.eniInterface()), leg.leaving()));
  }

  private static List<Citation> lastWhy(PredictedLeg leg) {
    return leg.hops().isEmpty() ? List.of() : leg.hops().getLast().why();
  }

  /** Nobody known holds the destination: a service's address is nobody's in the VPC, either. */
  private Way.End outside(PredictedLeg leg, PredictedLeg.Leaves leaves) {
    IpAddress to = leg.leaving().destination();
    return switch (names.owner(to)) {
      case Owner.Service service ->
          new Way.Died(
              new PredictedLeg.Dies(
                  Verdict.Id.LOST_IN_VPC,
                  new Verdict.Place(leg.node() + " " + leaves.eniInterface(), ""),
                  "it leaves %s by %s still addressed to %s of %s, which nobody in the VPC has"
                      .formatted(leg.node(), leaves.eniInterface(), to, service.label()),
                  lastWhy(leg),
                  "look for the service's rules on %s: there is none for this port"
                      .formatted(leg.node())));
      case Owner.Unknown _ ->
          new Way.Unclear(to + " is inside the VPC, and no agent knows who holds it", List.of());
      case Owner.External _, Owner.Pod _, Owner.Node _ -> new Way.Left();
    };
  }

  private Way.End loop(Step again) {
    List<Citation> why = new ArrayList<>();
    List<String> ways = new ArrayList<>();
    for (PredictedLeg leg : legs) {
      boolean inLoop =
          !ways.isEmpty()
              || (leg.node().equals(again.node()) && leg.entering().equals(again.packet()));
      if (inLoop && leg.fate() instanceof PredictedLeg.Leaves leaves) {
        ways.add(leg.node() + " by " + leaves.eniInterface());
        leg.hops().stream()
            .flatMap(hop -> hop.why().stream())
            .filter(citation -> !why.contains(citation))
            .forEach(why::add);
      }
    }
    IpAddress to = again.packet().destination();
    String pod = names.holders(to).stream().map(Holder::pod).findFirst().orElse("");
    return new Way.Died(
        new PredictedLeg.Dies(
            Verdict.Id.ROUTING_LOOP,
            new Verdict.Place(Way.lastPoint(legs), pod),
            "what is sent to %s leaves %s, and the VPC brings it back: it circles until its TTL is"
                    .formatted(to, String.join(", then ", ways))
                + " used up",
            why,
            pod.isEmpty()
                ? "look at the policy rules for %s on %s".formatted(to, again.node())
                : "restore rule 512 (from all to %s lookup main) on %s, or delete the pod so that"
                        .formatted(to, again.node())
                    + " the CNI writes it anew"));
  }

  private PredictedLeg leg(Step step) throws InterruptedException {
    Optional<Tracked> tracked = conntracks.of(step.node(), step.packet());
    PredictedLeg leg = ask(step, tracked);
    Optional<DnatChoice> chosen = wanted.filter(leg.choices()::contains);
    if (tracked.isPresent() || leg.tracked().isEmpty() || chosen.isEmpty()) {
      return leg;
    }
    Tracked assumed = leg.tracked().get();
    return leads(assumed, chosen.get())
        ? leg
        : ask(step, Optional.of(redirected(assumed, chosen.get())));
  }

  private PredictedLeg ask(Step step, Optional<Tracked> tracked) throws InterruptedException {
    return nodes.of(
        step.node(), new LegQuery(direction, step.packet(), step.entry(), tracked, length));
  }

  private static boolean leads(Tracked tracked, DnatChoice choice) {
    return tracked.after().destination().equals(choice.address())
        && tracked.after().destinationPort() == choice.port();
  }

  /**
   * As conntrack would hold it, had the rules chosen another endpoint: a node follows its rules to
   * that one.
   */
  private static Tracked redirected(Tracked tracked, DnatChoice choice) {
    FlowKey after = tracked.after();
    return new Tracked(
        tracked.before(),
        new FlowKey(
            after.protocol(), after.source(), after.sourcePort(), choice.address(), choice.port()),
        tracked.mark());
  }
}
