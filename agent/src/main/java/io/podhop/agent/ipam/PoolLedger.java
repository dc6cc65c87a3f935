package io.podhop.agent.ipam;

import io.podhop.model.Cidr;
import io.podhop.model.Citation;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Collects what becomes a {@link PoolHistory}. Every list is bounded and drops its oldest. */
final class PoolLedger {
  private static final int MAX_ENI_EVENTS = 8192;
  private static final int MAX_STATS = 2048;
  private static final int MAX_TROUBLES = 256;
  private static final int MAX_RESTARTS = 256;
  private static final int MAX_MACS = 256;
  private static final int MAX_BRANCHES = 1024;

  private final Map<EventKey, EniEvent> eniEvents = new LinkedHashMap<>();
  private final Deque<PoolStats> stats = new ArrayDeque<>();
  private final Map<Integer, PoolStats> latest = new TreeMap<>();
  private final List<Trouble> troubles = new ArrayList<>();
  private final TreeSet<Instant> restarts = new TreeSet<>();
  private final Map<String, String> eniByMac = new LinkedHashMap<>();
  private final List<BranchEni> branches = new ArrayList<>();
  private Optional<String> instanceType = Optional.empty();
  private long forgotten;

  /** Two lines of the same event differ in nothing of this. */
  private record EventKey(Instant at, EniEvent.Kind kind, String eniId, Optional<Cidr> block) {}

  void eni(EniEvent event) {
    EventKey key = new EventKey(event.at(), event.kind(), event.eniId(), event.block());
    if (eniEvents.putIfAbsent(key, event) == null && eniEvents.size() > MAX_ENI_EVENTS) {
      eniEvents.remove(eniEvents.keySet().iterator().next());
      forgotten++;
    }
  }

  void found(IpamEvent.EniAttached event, Citation line) {
    String mac = event.mac().toLowerCase(Locale.ROOT);
    if (event.eniId().equals(eniByMac.get(mac)) || eniByMac.size() >= MAX_MACS) {
      return;
    }
    eniByMac.put(mac, event.eniId());
    String detail = "MAC " + mac + ", device " + event.deviceNumber();
    eni(
        new EniEvent(
            event.at(), EniEvent.Kind.FOUND, event.eniId(), Optional.empty(), detail, line));
  }

  void setUp(IpamEvent.EniSetUp event, Citation line) {
    String mac = event.mac().toLowerCase(Locale.ROOT);
    String detail =
        "MAC " + mac + ", table " + event.routeTable() + ", network card " + event.networkCard();
    String id = eniByMac.getOrDefault(mac, "");
    eni(new EniEvent(event.at(), EniEvent.Kind.SET_UP, id, Optional.empty(), detail, line));
  }

  /** ipamd's answer and the plugin name the same branch ENI, within a moment. */
  void branch(IpamEvent.BranchSetUp event, Citation line) {
    BranchEni fresh =
        new BranchEni(
            event.at(),
            event.address(),
            event.vlanId(),
            event.mac().toLowerCase(Locale.ROOT),
            event.gateway(),
            event.enforcingMode(),
            line);
    for (int i = branches.size() - 1; i >= 0; i--) {
      if (sameBranch(branches.get(i), fresh)) {
        if (branches.get(i).enforcingMode().isEmpty()) {
          branches.set(i, fresh);
        }
        return;
      }
    }
    branches.add(fresh);
    if (branches.size() > MAX_BRANCHES) {
      branches.removeFirst();
      forgotten++;
    }
  }

  private static boolean sameBranch(BranchEni known, BranchEni fresh) {
    return known.address().equals(fresh.address())
        && known.vlanId() == fresh.vlanId()
        && known.mac().equals(fresh.mac());
  }

  void counted(PoolStats count) {
    PoolStats before = latest.get(count.networkCard());
    if (before != null && count.at().isBefore(before.at())) {
      return;
    }
    latest.put(count.networkCard(), count);
    if (before == null || !before.sameCounts(count)) {
      stats.addLast(count);
    }
    if (stats.size() > MAX_STATS) {
      stats.removeFirst();
      forgotten++;
    }
  }

  void trouble(Trouble.Kind kind, Instant at, Citation line) {
    for (int i = troubles.size() - 1; i >= 0; i--) {
      Trouble known = troubles.get(i);
      if (known.kind() == kind && known.near(at)) {
        troubles.set(i, known.with(at, line));
        return;
      }
    }
    troubles.add(Trouble.of(kind, at, line));
    if (troubles.size() > MAX_TROUBLES) {
      troubles.removeFirst();
      forgotten++;
    }
  }

  void typed(String type) {
    instanceType = Optional.of(type);
  }

  void started(Instant at) {
    restarts.add(at);
    if (restarts.size() > MAX_RESTARTS) {
      restarts.pollFirst();
      forgotten++;
    }
  }

  /** The first start of ipamd after the instant. */
  Optional<Instant> restartAfter(Instant instant) {
    return Optional.ofNullable(restarts.higher(instant));
  }

  PoolHistory freeze() {
    List<EniEvent> events =
        eniEvents.values().stream().sorted(Comparator.comparing(EniEvent::at)).toList();
    List<PoolStats> counts = stats.stream().sorted(Comparator.comparing(PoolStats::at)).toList();
    List<Trouble> sorted = troubles.stream().sorted(Comparator.comparing(Trouble::from)).toList();
    return new PoolHistory(
        events,
        tenures(events),
        counts,
        latest,
        sorted,
        List.copyOf(restarts),
        eniByMac,
        branches.stream().sorted(Comparator.comparing(BranchEni::at)).toList(),
        instanceType,
        forgotten);
  }

  /**
   * ipamd adds everything anew to its data store when it starts: what is there already stays, with
   * its first time.
   */
  private static List<EniTenure> tenures(List<EniEvent> events) {
    Map<String, Map<Cidr, EniTenure>> open = new HashMap<>();
    List<EniTenure> ended = new ArrayList<>();
    for (EniEvent event : events) {
      Map<Cidr, EniTenure> ofEni = open.computeIfAbsent(event.eniId(), _ -> new HashMap<>());
      Optional<Cidr> block = event.block();
      switch (event.kind()) {
        case BLOCK_ADDED -> block.ifPresent(added -> ofEni.putIfAbsent(added, begin(event, added)));
        case BLOCK_REMOVED ->
            block.ifPresent(gone -> ended.add(end(event, gone, ofEni.remove(gone))));
        case FORCE_REMOVED, DETACHED, FREED -> {
          ofEni.forEach((gone, tenure) -> ended.add(end(event, gone, tenure)));
          ofEni.clear();
        }
        case CREATED,
            ATTACHED,
            FOUND,
            TYPED,
            SET_UP,
            SETUP_FAILED,
            EXCLUDED,
            INCLUDED,
            FREEING -> {}
      }
    }
    open.values().forEach(ofEni -> ended.addAll(ofEni.values()));
    ended.sort(
        Comparator.comparing((EniTenure tenure) -> tenure.from().orElse(Instant.EPOCH))
            .thenComparing(EniTenure::eniId)
            .thenComparing(tenure -> tenure.block().address()));
    return ended;
  }

  private static EniTenure begin(EniEvent event, Cidr block) {
    return new EniTenure(
        event.eniId(), block, Optional.of(event.at()), Optional.empty(), event.evidence());
  }

  private static EniTenure end(EniEvent event, Cidr block, @Nullable EniTenure known) {
    return new EniTenure(
        event.eniId(),
        block,
        known == null ? Optional.empty() : known.from(),
        Optional.of(event.at()),
        event.evidence());
  }
}
