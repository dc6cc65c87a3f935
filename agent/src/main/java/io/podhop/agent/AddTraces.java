package io.podhop.agent;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.correlate.Workloads;
import io.podhop.agent.ipam.AddTrail;
import io.podhop.agent.ipam.EniTenure;
import io.podhop.agent.ipam.Exhaustion;
import io.podhop.agent.ipam.IpamEvent;
import io.podhop.agent.ship.OtlpMessages;
import io.podhop.agent.span.AddSpans;
import io.podhop.model.IpAddress;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * Makes a trace of each pod that the CNI adds, once per run of the agent; a restarted agent sends
 * those of the last minutes again, under the same ids.
 */
final class AddTraces {
  /** How long before the agent's start an ADD may have begun. */
  static final Duration LOOK_BACK = Duration.ofMinutes(5);

  /** The plugin's lines of one ADD come within this of one another. */
  static final Duration SETTLES = Duration.ofSeconds(2);

  /** An ADD whose end is not logged is given up after this. */
  static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Traces that one look makes; the others wait for the next. */
  static final int MAX_PER_LOOK = 64;

  /** Twice as many as ADDs are remembered, so that none is told twice. */
  static final int MAX_TOLD = 2048;

  private final Instant since;
  private final Consumer<ExportTraceServiceRequest> ship;
  private final LinkedHashSet<String> told = new LinkedHashSet<>();
  private final Map<End, LongAdder> counts = new EnumMap<>(End.class);

  /** How an ADD ended. */
  enum End {
    WIRED,
    FAILED,
    /** The logs do not tell. */
    UNFINISHED
  }

  /**
   * @param startedAt when the agent did
   * @param ship must not block
   */
  AddTraces(Instant startedAt, Consumer<ExportTraceServiceRequest> ship) {
    this.since = startedAt.minus(LOOK_BACK);
    this.ship = ship;
    for (End end : End.values()) {
      counts.put(end, new LongAdder());
    }
  }

  /** Traces that were made; any thread. */
  long count(End end) {
    return Objects.requireNonNull(counts.get(end)).sum();
  }

  /** Ships what has ended since the last look. One thread at a time. */
  void see(NodeView view, Instant now) {
    int made = 0;
    for (AddTrail trail : view.ipam().adds()) {
      boolean due =
          !trail.from().isBefore(since)
              && trail.steps().size() > 1
              && !told.contains(trail.containerId())
              && hasEnded(trail, now);
      if (due && made < MAX_PER_LOOK) {
        made++;
        tell(view, trail);
      }
    }
  }

  private void tell(NodeView view, AddTrail trail) {
    told.addLast(trail.containerId());
    if (told.size() > MAX_TOLD) {
      told.removeFirst();
    }
    ship.accept(OtlpMessages.of(spans(view, trail).spans()));
    Objects.requireNonNull(counts.get(end(trail))).increment();
  }

  private static boolean hasEnded(AddTrail trail, Instant now) {
    Duration quiet = Duration.between(trail.to(), now);
    return quiet.compareTo(end(trail) == End.UNFINISHED ? PATIENCE : SETTLES) >= 0;
  }

  private static End end(AddTrail trail) {
    if (has(trail, AddTrail.Kind.FAILED)) {
      return End.FAILED;
    }
    return has(trail, AddTrail.Kind.WIRED) ? End.WIRED : End.UNFINISHED;
  }

  private static boolean has(AddTrail trail, AddTrail.Kind kind) {
    return trail.steps().stream().anyMatch(step -> step.kind() == kind);
  }

  static AddSpans spans(NodeView view, AddTrail trail) {
    End end = end(trail);
    Optional<IpamEvent.NoAddress> failure = failure(view, trail);
    Optional<Exhaustion> why = failure.map(view.ipam()::whyNoAddress);
    return new AddSpans(
        view.inventory().node(),
        trail.pod().map(pod -> service(view, pod)).orElse(view.inventory().node()),
        trail.pod(),
        trail.containerId(),
        trail.address(),
        trail.address().map(address -> eni(view, address)).orElse(""),
        end.name().toLowerCase(Locale.ROOT),
        why.map(Exhaustion::reason).orElse(""),
        end == End.FAILED ? error(failure, why) : "",
        steps(trail));
  }

  private static String error(Optional<IpamEvent.NoAddress> failure, Optional<Exhaustion> why) {
    return failure.isPresent() && why.isPresent()
        ? "no address: " + why.get().sentence() + " (" + failure.get().reason() + ")"
        : "no address";
  }

  private static Optional<IpamEvent.NoAddress> failure(NodeView view, AddTrail trail) {
    return view.ipam().failures().stream()
        .filter(failed -> failed.containerId().equals(trail.containerId()))
        .findFirst();
  }

  private static String service(NodeView view, PodRef pod) {
    String workload =
        view.inventory().pods().stream()
            .filter(known -> known.ref().equals(pod))
            .map(PodInfo::workload)
            .findFirst()
            .orElse(Workloads.of(pod.name()));
    return pod.namespace() + "/" + workload;
  }

  private static String eni(NodeView view, IpAddress address) {
    List<EniTenure> enis = view.ipam().pool().enisOf(address);
    return enis.isEmpty() ? "" : enis.getLast().eniId();
  }

  private static List<AddSpans.Step> steps(AddTrail trail) {
    List<AddSpans.Step> steps = new ArrayList<>();
    for (int i = 1; i < trail.steps().size(); i++) {
      AddTrail.Step step = trail.steps().get(i);
      steps.add(
          new AddSpans.Step(
              name(step.kind()),
              trail.steps().get(i - 1).at(),
              step.at(),
              step.evidence(),
              step.kind() == AddTrail.Kind.FAILED));
    }
    return steps;
  }

  /** What is done when the kind's line is logged. */
  private static String name(AddTrail.Kind kind) {
    return switch (kind) {
      case PLUGIN_CALLED -> "plugin called";
      case RECEIVED -> "AddNetwork received";
      case ASSIGNED -> "address assigned";
      case REPLIED -> "ipamd answered";
      case WIRING -> "veth begun";
      case WIRED -> "veth ready";
      case FAILED -> "no address";
    };
  }
}
