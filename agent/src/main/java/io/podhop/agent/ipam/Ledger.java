package io.podhop.agent.ipam;

import io.podhop.model.IpAddress;
import io.podhop.model.PodRef;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Joins the events of all logs and the state files into holdings, by container id. */
final class Ledger {
  private static final int MAX_SANDBOXES = 16_384;
  private static final int MAX_FAILURES = 256;

  private final AllocationHistory history;
  private final Map<String, Sandbox> sandboxes = bounded();
  private final Map<String, String> containerByNetns = bounded();
  private final Deque<IpamEvent.NoAddress> failures = new ArrayDeque<>();
  private Optional<Instant> begins = Optional.empty();

  /** What requests said about a sandbox, and the holdings it has. */
  private static final class Sandbox {
    Optional<PodRef> pod = Optional.empty();
    String interfaceName = "";
    String hostVeth = "";
    final List<Holding> holdings = new ArrayList<>(1);
  }

  Ledger(AllocationHistory history) {
    this.history = history;
  }

  /** The last pods that got no address, oldest first. */
  List<IpamEvent.NoAddress> failures() {
    return List.copyOf(failures);
  }

  void apply(IpamEvent event, String evidence) {
    if (begins.isEmpty() && event.at().isAfter(Instant.EPOCH)) {
      begins = Optional.of(event.at());
    }
    switch (event) {
      case IpamEvent.SandboxNamed named -> named(named);
      case IpamEvent.Assigned assigned -> assigned(assigned, evidence);
      case IpamEvent.Unassigned unassigned -> unassigned(unassigned, evidence);
      case IpamEvent.DelRequested del -> deleted(del);
      case IpamEvent.AddReply reply -> replied(reply, evidence);
      case IpamEvent.SetupPodNetwork setup -> wired(setup, evidence);
      case IpamEvent.CooldownEntered cooling ->
          history
              .latest(cooling.address(), h -> h.isOpen() && !h.from.isAfter(cooling.at()))
              .ifPresent(h -> h.until = Optional.of(cooling.at()));
      case IpamEvent.NoAddress failure -> failed(failure);
      case IpamEvent.CooldownLeft _ -> {}
      case IpamEvent.EniAttached _ -> {}
      case IpamEvent.EniSetUp _ -> {}
      case IpamEvent.EniForceRemoved _ -> {}
      case IpamEvent.Other _ -> {}
    }
  }

  /**
   * Takes the allocations that ipamd had on disk at an instant: who is named holds his address, who
   * is not holds none. The log may be ahead of the file, so later holdings stand.
   */
  void applyState(List<IpamStateFile.Entry> entries, Instant writtenAt) {
    Set<Holding> named = new HashSet<>();
    for (IpamStateFile.Entry entry : entries) {
      Optional<Holding> known =
          history.latest(entry.address(), h -> h.containerId.equals(entry.containerId()));
      if (known.isEmpty()) {
        named.add(fromState(entry, writtenAt));
        continue;
      }
      Holding holding = known.get();
      holding.provisional = false;
      holding.learn(entry.pod(), entry.interfaceName());
      boolean last =
          history.latest(entry.address(), _ -> true).filter(h -> h == holding).isPresent();
      if (last && holding.until.isPresent() && !holding.until.get().isAfter(writtenAt)) {
        holding.until = Optional.empty();
      }
      named.add(holding);
    }
    for (Holding holding : history.open()) {
      boolean gone = !named.contains(holding) && !holding.isBranch();
      if (gone && !holding.from.isAfter(writtenAt)) {
        holding.until = Optional.of(writtenAt);
      }
    }
  }

  private Holding fromState(IpamStateFile.Entry entry, Instant writtenAt) {
    Holding holding =
        new Holding(
            entry.address(),
            entry.containerId(),
            entry.allocatedAt().orElse(writtenAt),
            entry.evidence());
    holding.learn(entry.pod(), entry.interfaceName());
    join(holding);
    return holding;
  }

  private void named(IpamEvent.SandboxNamed event) {
    Sandbox sandbox = sandbox(event.containerId());
    if (event.pod().isPresent()) {
      sandbox.pod = event.pod();
    }
    if (!event.interfaceName().isEmpty()) {
      sandbox.interfaceName = event.interfaceName();
    }
    if (!event.netnsPath().isEmpty()) {
      containerByNetns.put(event.netnsPath(), event.containerId());
    }
    sandbox.holdings.forEach(h -> h.learn(sandbox.pod, sandbox.interfaceName));
  }

  private void assigned(IpamEvent.Assigned event, String evidence) {
    Optional<Holding> open = history.latest(event.address(), Holding::isOpen);
    if (open.isPresent() && same(open.get(), event)) {
      Holding holding = open.get();
      holding.learn(event.pod(), event.interfaceName());
      if (holding.provisional && event.at().isBefore(holding.from)) {
        holding.from = event.at();
      }
      holding.provisional = false;
      return;
    }
    Holding holding = new Holding(event.address(), event.containerId(), event.at(), evidence);
    holding.learn(event.pod(), event.interfaceName());
    join(holding);
  }

  private static boolean same(Holding holding, IpamEvent.Assigned event) {
    return event.containerId().isEmpty()
        ? holding.pod.equals(event.pod())
        : holding.containerId.equals(event.containerId());
  }

  private void unassigned(IpamEvent.Unassigned event, String evidence) {
    String container = event.containerId();
    Optional<Holding> mine =
        history.latest(
            event.address(),
            h ->
                (container.isEmpty() || h.containerId.isEmpty() || h.containerId.equals(container))
                    && !h.from.isAfter(event.at()));
    if (mine.isPresent()) {
      Holding holding = mine.get();
      if (holding.until.isEmpty() || holding.until.get().isAfter(event.at())) {
        holding.until = Optional.of(event.at());
      }
      holding.route(event.deviceNumber(), OptionalInt.empty());
    } else if (history.latest(event.address(), h -> !h.from.isAfter(event.at())).isEmpty()) {
      Holding before = new Holding(event.address(), container, begins.orElse(event.at()), evidence);
      before.until = Optional.of(event.at());
      before.route(event.deviceNumber(), OptionalInt.empty());
      join(before);
    }
  }

  private void deleted(IpamEvent.DelRequested event) {
    Sandbox sandbox = sandbox(event.containerId());
    if (sandbox.pod.isEmpty()) {
      sandbox.pod = event.pod();
    }
    for (Holding holding : sandbox.holdings) {
      holding.learn(event.pod(), "");
      boolean onlyRequestsTell = holding.provisional || holding.isBranch();
      if (onlyRequestsTell && holding.isOpen() && !holding.from.isAfter(event.at())) {
        holding.until = Optional.of(event.at());
      }
    }
  }

  private void replied(IpamEvent.AddReply event, String evidence) {
    Optional<Holding> known = find(event.address(), event.containerId(), event.at());
    boolean branch = event.deviceNumber().isPresent() && event.deviceNumber().getAsInt() < 0;
    if (known.isEmpty() && event.containerId().isEmpty() && !branch) {
      return;
    }
    Holding holding =
        known.isPresent()
            ? known.get()
            : provisional(event.address(), event.containerId(), event.at(), evidence);
    holding.route(event.deviceNumber(), event.routeTable());
  }

  private void wired(IpamEvent.SetupPodNetwork event, String evidence) {
    String container = containerByNetns.getOrDefault(event.netnsPath(), "");
    if (!container.isEmpty()) {
      sandbox(container).hostVeth = event.hostVeth();
    }
    List<Holding> holdings;
    if (event.address().isPresent()) {
      IpAddress address = event.address().get();
      Optional<Holding> known = find(address, container, event.at());
      holdings =
          List.of(
              known.isPresent()
                  ? known.get()
                  : provisional(address, container, event.at(), evidence));
    } else {
      holdings = container.isEmpty() ? List.of() : sandbox(container).holdings;
    }
    for (Holding holding : holdings) {
      holding.hostVeth = event.hostVeth();
      holding.learn(Optional.empty(), event.interfaceName());
      holding.route(event.deviceNumber(), event.routeTable());
    }
  }

  private void failed(IpamEvent.NoAddress event) {
    failures.addLast(event);
    if (failures.size() > MAX_FAILURES) {
      failures.removeFirst();
    }
  }

  /** The holding an answer speaks of: by container where it names one, else by time. */
  private Optional<Holding> find(IpAddress address, String container, Instant at) {
    if (container.isEmpty()) {
      return history.latest(address, h -> h.covers(at));
    }
    Optional<Holding> mine = history.latest(address, h -> h.containerId.equals(container));
    if (mine.isEmpty()) {
      mine = history.latest(address, h -> h.containerId.isEmpty() && h.covers(at));
      mine.ifPresent(
          h -> {
            h.containerId = container;
            attach(h);
          });
    }
    return mine;
  }

  private Holding provisional(IpAddress address, String container, Instant at, String evidence) {
    Holding holding = new Holding(address, container, at, evidence);
    holding.provisional = true;
    join(holding);
    return holding;
  }

  private void join(Holding holding) {
    attach(holding);
    history.add(holding);
  }

  private void attach(Holding holding) {
    if (holding.containerId.isEmpty()) {
      return;
    }
    Sandbox sandbox = sandbox(holding.containerId);
    sandbox.holdings.add(holding);
    holding.learn(sandbox.pod, sandbox.interfaceName);
    if (holding.hostVeth.isEmpty()) {
      holding.hostVeth = sandbox.hostVeth;
    }
  }

  private Sandbox sandbox(String containerId) {
    return sandboxes.computeIfAbsent(containerId, _ -> new Sandbox());
  }

  private static <V> Map<String, V> bounded() {
    return new LinkedHashMap<>(64, 0.75f, true) {
      @Override
      protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
        return size() > MAX_SANDBOXES;
      }
    };
  }
}
