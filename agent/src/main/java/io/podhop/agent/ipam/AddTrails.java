package io.podhop.agent.ipam;

import io.podhop.agent.ipam.AddTrail.Kind;
import io.podhop.agent.ipam.AddTrail.Step;
import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import io.podhop.model.PodRef;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Collects the steps of each ADD, which come from two files. Keeps the last ones. */
final class AddTrails {
  private static final int MAX_TRAILS = 1024;

  /** A pod's routes and rules are made within this after its veth. */
  private static final Duration WIRING = Duration.ofSeconds(30);

  private final Map<String, Trail> byContainer = new LinkedHashMap<>();
  private final Map<IpAddress, List<Trail>> byAddress = new HashMap<>();
  private long forgotten;

  private static final class Trail {
    final String containerId;
    Optional<PodRef> pod = Optional.empty();
    Optional<IpAddress> address = Optional.empty();
    final Map<Kind, Step> steps = new EnumMap<>(Kind.class);

    Trail(String containerId) {
      this.containerId = containerId;
    }

    @Nullable Instant at(Kind kind) {
      Step step = steps.get(kind);
      return step == null ? null : step.at();
    }

    AddTrail freeze() {
      List<Step> sorted =
          steps.values().stream()
              .sorted(Comparator.comparing(Step::at).thenComparing(Step::kind))
              .toList();
      return new AddTrail(containerId, pod, address, sorted);
    }
  }

  long forgotten() {
    return forgotten;
  }

  void named(IpamEvent.SandboxNamed event, Citation line) {
    boolean plugin = line.text().contains("Received CNI add");
    if (!plugin && !line.text().contains("AddNetwork") || line.text().contains("Recovered ")) {
      return;
    }
    Trail trail = trail(event.containerId());
    if (event.pod().isPresent()) {
      trail.pod = event.pod();
    }
    first(trail, plugin ? Kind.PLUGIN_CALLED : Kind.RECEIVED, event.at(), line);
  }

  void assigned(IpamEvent.Assigned event, Citation line) {
    if (!event.containerId().isEmpty()) {
      Trail trail = trail(event.containerId());
      trail.pod = event.pod().or(() -> trail.pod);
      got(trail, event.address());
      first(trail, Kind.ASSIGNED, event.at(), line);
    }
  }

  /** ipamd's own answer names the address only: it belongs to who was given it last before. */
  void replied(IpamEvent.AddReply event, Citation line) {
    Optional<Trail> trail =
        event.containerId().isEmpty()
            ? holderAt(event.address(), event.at())
            : Optional.of(trail(event.containerId()));
    trail.ifPresent(
        found -> {
          got(found, event.address());
          first(found, Kind.REPLIED, event.at(), line);
        });
  }

  void wiring(IpamEvent.SetupPodNetwork event, String containerId, Citation line) {
    if (!containerId.isEmpty()) {
      Trail trail = trail(containerId);
      event.address().ifPresent(address -> got(trail, address));
      first(trail, Kind.WIRING, event.at(), line);
    }
  }

  void wired(IpamEvent.Wired event, Citation line) {
    holderAt(event.address(), event.at())
        .ifPresent(
            trail -> {
              Instant begun = trail.at(Kind.WIRING);
              Instant known = trail.at(Kind.WIRED);
              boolean mine = begun == null || !event.at().isAfter(begun.plus(WIRING));
              if (mine && (known == null || event.at().isAfter(known))) {
                trail.steps.put(Kind.WIRED, new Step(Kind.WIRED, event.at(), line));
              }
            });
  }

  void failed(IpamEvent.NoAddress event, Citation line) {
    if (byContainer.containsKey(event.containerId())) {
      first(trail(event.containerId()), Kind.FAILED, event.at(), line);
    }
  }

  /**
   * Who waits for an answer at the instant: the ADDs that were received and had neither address nor
   * failure by then, at most two.
   *
   * @param window how long an ADD may wait
   */
  List<AddTrail> waiting(Instant at, Duration window) {
    List<AddTrail> waiting = new ArrayList<>(2);
    for (Trail trail : byContainer.values()) {
      Instant received = trail.at(Kind.RECEIVED);
      if (received != null
          && !received.isAfter(at)
          && received.isAfter(at.minus(window))
          && !trail.steps.containsKey(Kind.ASSIGNED)
          && !trail.steps.containsKey(Kind.FAILED)
          && waiting.size() < 2) {
        waiting.add(trail.freeze());
      }
    }
    return waiting;
  }

  List<AddTrail> freeze() {
    return byContainer.values().stream()
        .filter(trail -> !trail.steps.isEmpty())
        .map(Trail::freeze)
        .sorted(Comparator.comparing(AddTrail::from))
        .toList();
  }

  private Optional<Trail> holderAt(IpAddress address, Instant at) {
    return byAddress.getOrDefault(address, List.of()).stream()
        .filter(trail -> !begun(trail).isAfter(at))
        .max(Comparator.comparing(AddTrails::begun));
  }

  private static Instant begun(Trail trail) {
    return Objects.requireNonNullElseGet(trail.at(Kind.ASSIGNED), () -> trail.freeze().from());
  }

  private void first(Trail trail, Kind kind, Instant at, Citation line) {
    Instant known = trail.at(kind);
    if (known == null || at.isBefore(known)) {
      trail.steps.put(kind, new Step(kind, at, line));
    }
  }

  private void got(Trail trail, IpAddress address) {
    if (trail.address.isEmpty()) {
      trail.address = Optional.of(address);
      byAddress.computeIfAbsent(address, _ -> new ArrayList<>(2)).add(trail);
    }
  }

  private Trail trail(String containerId) {
    Trail known = byContainer.get(containerId);
    if (known != null) {
      return known;
    }
    Trail fresh = new Trail(containerId);
    byContainer.put(containerId, fresh);
    if (byContainer.size() > MAX_TRAILS) {
      forget(byContainer.remove(byContainer.keySet().iterator().next()));
    }
    return fresh;
  }

  private void forget(@Nullable Trail oldest) {
    forgotten++;
    if (oldest != null && oldest.address.isPresent()) {
      byAddress.computeIfPresent(
          oldest.address.get(),
          (_, trails) -> {
            trails.remove(oldest);
            return trails.isEmpty() ? null : trails;
          });
    }
  }
}
