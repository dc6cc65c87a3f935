package io.podhop.agent.ipam;

import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Makes holdings of what the data store, the state files and the plugin say, whichever is read
 * first: an exact end replaces a supposed one, and a line that is read twice changes nothing.
 */
final class Holders {
  private final AllocationHistory history;
  private final Sandboxes sandboxes;
  private final Set<Holding> recovered = new HashSet<>();
  private Optional<Instant> begins = Optional.empty();
  private Optional<Instant> started = Optional.empty();

  Holders(AllocationHistory history, Sandboxes sandboxes) {
    this.history = history;
    this.sandboxes = sandboxes;
  }

  /** The earliest record of ipamd.log. */
  Optional<Instant> begins() {
    return begins;
  }

  void recordAt(Instant at) {
    if (begins.isEmpty() || at.isBefore(begins.get())) {
      begins = Optional.of(at);
    }
  }

  void assigned(IpamEvent.Assigned event, Citation line) {
    Optional<Holding> known =
        history.latest(event.address(), h -> same(h, event) && h.endsNotBefore(event.at()));
    if (known.isEmpty()) {
      Holding holding = new Holding(event.address(), event.containerId(), event.at(), line);
      holding.learn(event.pod(), event.interfaceName());
      join(holding);
      return;
    }
    Holding holding = known.get();
    holding.learn(event.pod(), event.interfaceName());
    holding.seenAt(event.at());
    if (!holding.fromExact || holding.provisional || event.at().isBefore(holding.from)) {
      holding.from = event.at();
      holding.fromExact = true;
      holding.began = line;
      holding.provisional = false;
      history.reposition(holding);
    }
  }

  private static boolean same(Holding holding, IpamEvent.Assigned event) {
    return event.containerId().isEmpty()
        ? holding.pod.equals(event.pod())
        : holding.containerId.equals(event.containerId());
  }

  /** Empty when nobody known can have held it; else when the holding ended. */
  Optional<Instant> unassigned(IpamEvent.Unassigned event, Citation line) {
    String container = event.containerId();
    Optional<Holding> mine =
        history.latest(
            event.address(),
            h ->
                h.containerId.equals(container) && (!h.from.isAfter(event.at()) || h.provisional)
                    || (container.isEmpty() || h.containerId.isEmpty()) && h.covers(event.at()));
    if (mine.isPresent()) {
      Holding holding = mine.get();
      if (holding.from.isAfter(event.at())) {
        holding.from = event.at();
      }
      holding.end(event.at(), true, line);
      holding.route(event.deviceNumber(), OptionalInt.empty());
      history.reposition(holding);
      return holding.until;
    }
    Optional<Holding> before = history.latest(event.address(), h -> !h.from.isAfter(event.at()));
    if (before.isPresent() && before.get().covers(event.at())) {
      return Optional.empty();
    }
    Instant since = before.isPresent() ? event.at() : begins.orElse(event.at());
    Holding unknown = new Holding(event.address(), container, since, line);
    unknown.fromExact = false;
    unknown.end(event.at(), true, line);
    unknown.route(event.deviceNumber(), OptionalInt.empty());
    join(unknown);
    return unknown.until;
  }

  /** The state file named it after a start. */
  void recovered(IpamEvent.Recovered event, Citation line) {
    Optional<Holding> known =
        history.latest(
            event.address(),
            h ->
                h.containerId.equals(event.containerId())
                    && (h.isOpen() || !h.untilExact || !h.until.get().isBefore(event.at())));
    Holding holding;
    if (known.isPresent()) {
      holding = known.get();
      if (!holding.untilExact) {
        holding.reopen();
      }
      history.reposition(holding);
    } else {
      holding = new Holding(event.address(), event.containerId(), event.at(), line);
      holding.fromExact = false;
      join(holding);
    }
    holding.provisional = false;
    holding.learn(Optional.empty(), event.interfaceName());
    holding.seenAt(event.at());
    recovered.add(holding);
  }

  void started(Instant at) {
    recovered.clear();
    started = Optional.of(at);
  }

  /** Whom the state file did not name had been released before, by a line that is not here. */
  void onlyRecovered(Instant at, Citation line) {
    Instant end = started.filter(start -> !start.isAfter(at)).orElse(at);
    for (Holding holding : history.open()) {
      if (!recovered.contains(holding) && !holding.isBranch() && !holding.from.isAfter(end)) {
        holding.end(end, false, line);
      }
    }
    recovered.clear();
  }

  void dropped(IpamEvent.Dropped event, Citation line) {
    history
        .latest(event.address(), h -> h.covers(event.at()))
        .ifPresent(holding -> holding.end(event.at(), false, line));
  }

  void cooling(IpamEvent.CooldownEntered event, Citation line) {
    history
        .latest(event.address(), h -> h.isOpen() && !h.from.isAfter(event.at()))
        .ifPresent(holding -> holding.end(event.at(), true, line));
  }

  void deleted(IpamEvent.DelRequested event, Citation line) {
    for (Holding holding : sandboxes.deleted(event).holdings) {
      holding.learn(event.pod(), "");
      boolean onlyRequestsTell = holding.provisional || holding.isBranch();
      if (onlyRequestsTell && holding.isOpen() && !holding.from.isAfter(event.at())) {
        holding.end(event.at(), holding.isBranch(), line);
      }
    }
  }

  void replied(IpamEvent.AddReply event, Citation line) {
    Optional<Holding> known = find(event.address(), event.containerId(), event.at());
    boolean branch = event.deviceNumber().isPresent() && event.deviceNumber().getAsInt() < 0;
    if (known.isEmpty() && event.containerId().isEmpty() && !branch) {
      return;
    }
    Holding holding =
        known.isPresent()
            ? known.get()
            : provisional(event.address(), event.containerId(), event.at(), line);
    holding.route(event.deviceNumber(), event.routeTable());
    if (holding.covers(event.at())) {
      holding.seenAt(event.at());
    }
  }

  void wired(IpamEvent.SetupPodNetwork event, String container, Citation line) {
    if (!container.isEmpty()) {
      sandboxes.get(container).hostVeth = event.hostVeth();
    }
    List<Holding> holdings;
    if (event.address().isPresent()) {
      IpAddress address = event.address().get();
      Optional<Holding> known = find(address, container, event.at());
      holdings =
          List.of(
              known.isPresent() ? known.get() : provisional(address, container, event.at(), line));
    } else {
      holdings = container.isEmpty() ? List.of() : sandboxes.get(container).holdings;
    }
    for (Holding holding : holdings) {
      holding.hostVeth = event.hostVeth();
      holding.learn(Optional.empty(), event.interfaceName());
      holding.route(event.deviceNumber(), event.routeTable());
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
      Holding holding =
          known.isPresent()
              ? known.get()
              : new Holding(
                  entry.address(),
                  entry.containerId(),
                  entry.allocatedAt().orElse(writtenAt),
                  entry.evidence());
      holding.provisional = false;
      holding.learn(entry.pod(), entry.interfaceName());
      holding.seenAt(writtenAt);
      if (known.isEmpty()) {
        holding.fromExact = entry.allocatedAt().isPresent();
        join(holding);
      } else {
        confirm(holding, entry, writtenAt);
      }
      named.add(holding);
    }
    Citation absent = AllocationEvidence.line("ipam.json", "no longer names the sandbox");
    for (Holding holding : history.open()) {
      boolean gone = !named.contains(holding) && !holding.isBranch();
      if (gone && !holding.from.isAfter(writtenAt)) {
        holding.end(writtenAt, false, absent);
      }
    }
  }

  /** A log's times are cut to milliseconds, a file's are not: equal ones say nothing. */
  private void confirm(Holding holding, IpamStateFile.Entry entry, Instant writtenAt) {
    if (!holding.fromExact && entry.allocatedAt().isPresent()) {
      holding.from = entry.allocatedAt().get();
      holding.fromExact = true;
      holding.began = entry.evidence();
      history.reposition(holding);
    }
    boolean last = history.latest(entry.address(), _ -> true).filter(h -> h == holding).isPresent();
    Instant written = writtenAt.truncatedTo(ChronoUnit.MILLIS);
    if (last && holding.until.isPresent() && holding.until.get().isBefore(written)) {
      holding.reopen();
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
            sandboxes.attach(h);
          });
    }
    return mine;
  }

  private Holding provisional(IpAddress address, String container, Instant at, Citation line) {
    Holding holding = new Holding(address, container, at, line);
    holding.provisional = true;
    join(holding);
    return holding;
  }

  private void join(Holding holding) {
    sandboxes.attach(holding);
    history.add(holding);
  }
}
