package io.podhop.agent.nat;

import io.podhop.model.FlowKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A packet on its way through chains, with what it met; one of several possible ways. */
final class WalkState {
  private final FlowKey arrived;
  FlowKey packet;
  int fwmark;
  int connectionMark;

  /** As a rule would see it now: before connection tracking every packet is INVALID. */
  ConnectionState.State state;

  boolean untracked;
  boolean ttlChanged;
  double probability = 1;
  Optional<Rule> refusedBy = Optional.empty();
  Optional<RulePlace> refusedByPolicy = Optional.empty();
  Optional<Target> translation = Optional.empty();
  Optional<Rule> uncertain = Optional.empty();

  /** The affinity rule that this way took: which client is remembered is not known. */
  Optional<Match.Recent> affinity = Optional.empty();

  final List<Rule> path;
  @Nullable Met met;

  /** A rule that matched, with the marks behind it; the newest knows the ones before. */
  record Met(Rule rule, String effect, @Nullable Met before) {}

  WalkState(NatQuery query) {
    this.arrived = query.packet();
    this.packet = arrived;
    this.fwmark = query.fwmark();
    this.connectionMark = query.connection().mark();
    this.state = query.connection().state();
    this.path = new ArrayList<>();
  }

  private WalkState(WalkState other) {
    this.arrived = other.arrived;
    this.packet = other.packet;
    this.fwmark = other.fwmark;
    this.connectionMark = other.connectionMark;
    this.state = other.state;
    this.untracked = other.untracked;
    this.ttlChanged = other.ttlChanged;
    this.probability = other.probability;
    this.refusedBy = other.refusedBy;
    this.refusedByPolicy = other.refusedByPolicy;
    this.translation = other.translation;
    this.uncertain = other.uncertain;
    this.affinity = other.affinity;
    this.path = new ArrayList<>(other.path);
    this.met = other.met;
  }

  WalkState copy() {
    return new WalkState(this);
  }

  boolean tracked() {
    return state != ConnectionState.State.INVALID && state != ConnectionState.State.UNTRACKED;
  }

  boolean translated() {
    return translation.isPresent();
  }

  /** A translation to the address that the packet has already leaves no trace in the connection. */
  boolean sourceTranslated() {
    return translation
        .filter(
            t ->
                t instanceof Target.Masquerade
                    || (t instanceof Target.Snat snat
                        && !snat.to().equals(Optional.of(packet.source()))))
        .isPresent();
  }

  boolean destinationTranslated() {
    return !packet.destination().equals(arrived.destination())
        || packet.destinationPort() != arrived.destinationPort();
  }

  boolean refused() {
    return refusedBy.isPresent() || refusedByPolicy.isPresent();
  }

  void meet(Rule rule, String effect) {
    met = new Met(rule, effect, met);
  }

  List<NatPrediction.Step> steps() {
    Deque<NatPrediction.Step> steps = new ArrayDeque<>();
    for (Met one = met; one != null; one = one.before()) {
      steps.addFirst(new NatPrediction.Step(one.rule(), one.effect()));
    }
    return List.copyOf(steps);
  }

  /** Does what a rule that lets the packet go on does; cited when it changed something. */
  boolean mark(Rule rule) {
    int packetBefore = fwmark;
    int connectionBefore = connectionMark;
    switch (rule.target()) {
      case Target.SetMark t -> fwmark = fwmark & ~t.mask() ^ t.value();
      case Target.SetConnectionMark t -> markConnection(t.mask(), t.value());
      case Target.RestoreMark t -> {
        if (tracked()) {
          fwmark = fwmark & ~t.packetMask() ^ connectionMark & t.connectionMask();
        }
      }
      case Target.SaveMark t -> markConnection(t.connectionMask(), fwmark & t.packetMask());
      case Target.NoTrack _ -> noTrack();
      case Target.None _ -> {}
      case Target.Other other when other.passes() ->
          ttlChanged |= other.text().startsWith("TTL") || other.text().startsWith("HL");
      default -> {
        return false;
      }
    }
    boolean changed = packetBefore != fwmark || connectionBefore != connectionMark;
    if (changed) {
      path.add(rule);
    }
    meet(rule, changed ? marks(packetBefore, connectionBefore) : "goes on");
    return true;
  }

  private void markConnection(int mask, int value) {
    if (tracked()) {
      connectionMark = connectionMark & ~mask ^ value;
    }
  }

  /** Only before connection tracking; later the packet has its connection already. */
  private void noTrack() {
    if (!tracked()) {
      untracked = true;
      state = ConnectionState.State.UNTRACKED;
    }
  }

  private String marks(int packetBefore, int connectionBefore) {
    String packetMark =
        packetBefore == fwmark ? "" : "fwmark becomes 0x" + Integer.toHexString(fwmark);
    String both = packetMark.isEmpty() || connectionBefore == connectionMark ? "" : ", ";
    return connectionBefore == connectionMark
        ? packetMark
        : packetMark + both + "connection mark becomes 0x" + Integer.toHexString(connectionMark);
  }
}
