package io.podhop.agent.ipam;

import io.podhop.model.Citation;
import io.podhop.model.PodRef;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Joins the events of all logs and the state files, by container id, address and time. */
final class Ledger {
  static final String IPAMD_LOG = "ipamd.log";

  /** ipamd answers an ADD within this, or the runtime has given up. */
  private static final Duration ADD_TAKES = Duration.ofSeconds(10);

  private final AllocationHistory history;
  private final Sandboxes sandboxes = new Sandboxes();
  private final Holders holders;
  private final Cooldowns cooldowns = new Cooldowns();
  private final PoolLedger pool = new PoolLedger();
  private final AddTrails adds = new AddTrails();
  private final Failures failures = new Failures();

  Ledger(AllocationHistory history) {
    this.history = history;
    this.holders = new Holders(history, sandboxes);
  }

  void apply(IpamEvent event, Citation line) {
    Instant at = event.at();
    if (!at.isAfter(Instant.EPOCH)) {
      // The file begins with a cut record: what happened is known, but not when.
      return;
    }
    if (line.place().equals(IPAMD_LOG)) {
      holders.recordAt(at);
    }
    join(event, line);
  }

  private void join(IpamEvent event, Citation line) {
    switch (event) {
      case IpamEvent.SandboxNamed named -> {
        sandboxes.named(named);
        adds.named(named, line);
      }
      case IpamEvent.Assigned assigned -> {
        holders.assigned(assigned, line);
        adds.assigned(assigned, line);
      }
      case IpamEvent.Unassigned unassigned -> released(unassigned, line);
      case IpamEvent.DelRequested del -> holders.deleted(del, line);
      case IpamEvent.AddReply reply -> {
        holders.replied(reply, line);
        adds.replied(reply, line);
      }
      case IpamEvent.SetupPodNetwork setup -> {
        String container = sandboxes.containerOf(setup.netnsPath());
        holders.wired(setup, container, line);
        adds.wiring(setup, container, line);
      }
      case IpamEvent.CooldownEntered cooling -> {
        holders.cooling(cooling, line);
        cooldowns.entered(cooling, line);
      }
      case IpamEvent.CooldownLeft left -> cooldowns.left(left);
      case IpamEvent.NoAddress failure -> failed(failure, line);
      case IpamEvent.Wired wired -> adds.wired(wired, line);
      case IpamEvent.OfNode node -> node(node, line);
      case IpamEvent.Other _ -> {}
    }
  }

  private void released(IpamEvent.Unassigned event, Citation line) {
    holders
        .unassigned(event, line)
        .ifPresent(end -> cooldowns.released(event.address(), end, line));
  }

  private void node(IpamEvent.OfNode event, Citation line) {
    switch (event) {
      case IpamEvent.EniAttached found -> pool.found(found, line);
      case IpamEvent.EniSetUp setUp -> pool.setUp(setUp, line);
      case IpamEvent.EniForceRemoved forced ->
          pool.eni(
              new EniEvent(
                  forced.at(),
                  EniEvent.Kind.FORCE_REMOVED,
                  forced.eniId(),
                  Optional.empty(),
                  forced.assignedPods() + " pods",
                  line));
      case IpamEvent.EniChanged eni ->
          pool.eni(
              new EniEvent(eni.at(), eni.kind(), eni.eniId(), eni.block(), eni.detail(), line));
      case IpamEvent.BranchSetUp branch -> pool.branch(branch, line);
      case IpamEvent.PoolCounted counted -> pool.counted(counted.stats());
      case IpamEvent.TroubleSeen trouble -> pool.trouble(trouble.kind(), trouble.at(), line);
      case IpamEvent.InstanceTyped typed -> pool.typed(typed.instanceType());
      case IpamEvent.Started started -> {
        pool.started(started.at());
        holders.started(started.at());
      }
      case IpamEvent.Recovered recovered -> holders.recovered(recovered, line);
      case IpamEvent.RecoveryDone done -> holders.onlyRecovered(done.at(), line);
      case IpamEvent.NothingToRecover nothing -> holders.onlyRecovered(nothing.at(), line);
      case IpamEvent.Dropped dropped -> holders.dropped(dropped, line);
    }
  }

  private void failed(IpamEvent.NoAddress event, Citation line) {
    PoolMessages.trouble(event.reason()).ifPresent(kind -> pool.trouble(kind, event.at(), line));
    IpamEvent.NoAddress failure = named(event);
    if (!failure.containerId().isEmpty() && sandboxes.get(failure.containerId()).leaving) {
      return;
    }
    failures.add(failure);
    adds.failed(failure, line);
  }

  /** ipamd's answer has no name: it is the only ADD's that waits, if there is only one. */
  private IpamEvent.NoAddress named(IpamEvent.NoAddress event) {
    String container = event.containerId();
    Optional<PodRef> pod = event.pod();
    if (container.isEmpty() && !event.reason().startsWith("DataStore")) {
      List<AddTrail> waiting = adds.waiting(event.at(), ADD_TAKES);
      container = waiting.size() == 1 ? waiting.getFirst().containerId() : "";
    }
    if (pod.isEmpty() && !container.isEmpty()) {
      pod = sandboxes.get(container).pod;
    }
    return new IpamEvent.NoAddress(event.at(), pod, container, event.reason());
  }

  void applyState(List<IpamStateFile.Entry> entries, Instant writtenAt) {
    holders.applyState(entries, writtenAt);
  }

  /** Before it, what the logs do not say may have been. */
  Optional<Instant> knownSince() {
    return holders
        .begins()
        .map(
            begins -> begins.isAfter(history.forgottenUntil()) ? begins : history.forgottenUntil());
  }

  /** All that is known by now, with what the reader adds. */
  IpamSnapshot freeze(
      IntrospectionSnapshot introspection, List<String> warnings, IpamCounters counters) {
    PoolHistory frozen = pool.freeze();
    long forgotten =
        frozen.forgotten() + cooldowns.forgotten() + adds.forgotten() + failures.forgotten();
    return new IpamSnapshot(
        history.freeze(),
        failures.last(),
        cooldowns.freeze(pool::restartAfter),
        frozen.forgetting(forgotten),
        adds.freeze(),
        introspection,
        knownSince(),
        warnings,
        counters);
  }
}
