package io.podhop.agent.nat;

import io.podhop.model.FlowKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A packet on its way through chains, with what it met; one of several possible ways. */
final class WalkState {
  FlowKey packet;
  int fwmark;
  int connectionMark;
  double probability = 1;
  Optional<Rule> refusedBy = Optional.empty();
  boolean policyRefused;
  Optional<Target> translation = Optional.empty();
  Optional<Rule> uncertain = Optional.empty();
  final List<Rule> path;

  WalkState(FlowKey packet, int fwmark) {
    this.packet = packet;
    this.fwmark = fwmark;
    this.path = new ArrayList<>();
  }

  private WalkState(WalkState other) {
    this.packet = other.packet;
    this.fwmark = other.fwmark;
    this.connectionMark = other.connectionMark;
    this.probability = other.probability;
    this.refusedBy = other.refusedBy;
    this.policyRefused = other.policyRefused;
    this.translation = other.translation;
    this.uncertain = other.uncertain;
    this.path = new ArrayList<>(other.path);
  }

  WalkState copy() {
    return new WalkState(this);
  }

  boolean translated() {
    return translation.isPresent();
  }

  boolean refused() {
    return refusedBy.isPresent() || policyRefused;
  }

  /** Does what a rule that only marks does; cited when it changed something. */
  boolean mark(Rule rule) {
    int packetBefore = fwmark;
    int connectionBefore = connectionMark;
    switch (rule.target()) {
      case Target.SetMark t -> fwmark = fwmark & ~t.mask() ^ t.value();
      case Target.SetConnectionMark t -> connectionMark = connectionMark & ~t.mask() ^ t.value();
      case Target.RestoreMark t ->
          fwmark = fwmark & ~t.packetMask() ^ connectionMark & t.connectionMask();
      case Target.SaveMark t ->
          connectionMark = connectionMark & ~t.connectionMask() ^ fwmark & t.packetMask();
      case Target.None _ -> {
        return true;
      }
      case Target.Other other -> {
        return other.passes();
      }
      default -> {
        return false;
      }
    }
    if (packetBefore != fwmark || connectionBefore != connectionMark) {
      path.add(rule);
    }
    return true;
  }
}
