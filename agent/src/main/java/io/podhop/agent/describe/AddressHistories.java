package io.podhop.agent.describe;

import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.ipam.AddressState;
import io.podhop.agent.ipam.AddressTimeline;
import io.podhop.agent.ipam.Allocation;
import io.podhop.agent.ipam.AllocationEvidence;
import io.podhop.agent.ipam.BranchEni;
import io.podhop.agent.ipam.Cooling;
import io.podhop.agent.ipam.EniTenure;
import io.podhop.model.AddressHistory;
import io.podhop.model.AddressMoment;
import io.podhop.model.Citation;
import io.podhop.model.EniInfo;
import io.podhop.model.IpAddress;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import io.podhop.model.Tenure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Who held an address of this node when, and which addresses a pod held. */
public final class AddressHistories {
  /** The newest that one answer names. */
  static final int MAX_TENURES = 512;

  /** The end of a holding and the cooldown after it are logged in one go. */
  private static final Duration SAME = Duration.ofSeconds(5);

  private final NodeView view;

  private AddressHistories(NodeView view) {
    this.view = view;
  }

  /**
   * The history of an address.
   *
   * @param at an instant at which its state is told, too
   */
  public static AddressHistory of(NodeView view, IpAddress address, Optional<Instant> at) {
    return new AddressHistories(view).of(address, at);
  }

  /** The history of a pod, which may have been several sandboxes, one after the other. */
  public static AddressHistory of(NodeView view, PodRef pod) {
    return new AddressHistories(view).of(pod);
  }

  private AddressHistory of(IpAddress address, Optional<Instant> at) {
    AddressTimeline timeline = view.ipam().timeline(address);
    List<Tenure> tenures = timeline.holders().stream().map(held -> tenure(held, timeline)).toList();
    Optional<EniInfo> owner =
        view.inventory().enis().stream()
            .filter(eni -> eni.addresses().contains(address))
            .findFirst();
    List<String> warnings = new ArrayList<>(view.ipam().warnings());
    pods(address)
        .filter(pod -> tenures.stream().noneMatch(known -> lasts(known, pod.ref())))
        .forEach(pod -> warnings.add(unexplained(pod, address)));
    return new AddressHistory(
        view.inventory().node(),
        newest(tenures, warnings),
        timeline.knownSince(),
        owner.isPresent() ? name(owner.get()) : now(timeline),
        owner.isPresent(),
        at.map(instant -> moment(timeline, owner, instant)),
        warnings);
  }

  private AddressHistory of(PodRef ref) {
    List<String> warnings = new ArrayList<>(view.ipam().warnings());
    List<Tenure> tenures = new ArrayList<>();
    for (IpAddress address : addresses(ref)) {
      AddressTimeline timeline = view.ipam().timeline(address);
      timeline.holders().stream()
          .filter(held -> held.pod().filter(ref::equals).isPresent())
          .map(held -> tenure(held, timeline))
          .forEach(tenures::add);
    }
    tenures.sort(Comparator.comparing(Tenure::from).thenComparing(Tenure::address));
    view.inventory().pods().stream()
        .filter(pod -> pod.ref().equals(ref))
        .forEach(
            pod ->
                pod.addresses().stream()
                    .filter(address -> tenures.stream().noneMatch(has(address)))
                    .forEach(address -> warnings.add(unexplained(pod, address))));
    return new AddressHistory(
        view.inventory().node(),
        newest(tenures, warnings),
        view.ipam().knownSince(),
        "",
        false,
        Optional.empty(),
        warnings);
  }

  private static Predicate<Tenure> has(IpAddress address) {
    return tenure -> tenure.address().equals(address);
  }

  private static boolean lasts(Tenure tenure, PodRef pod) {
    return tenure.until().isEmpty() && tenure.pod().filter(pod::equals).isPresent();
  }

  private static String unexplained(PodInfo pod, IpAddress address) {
    return pod.ref() + " has " + address + " now; ipamd's files do not say since when";
  }

  private static List<Tenure> newest(List<Tenure> tenures, List<String> warnings) {
    int left = Math.max(0, tenures.size() - MAX_TENURES);
    if (left > 0) {
      warnings.add(left + " earlier holdings are left out");
    }
    return tenures.subList(left, tenures.size());
  }

  private Stream<PodInfo> pods(IpAddress address) {
    return view.inventory().pods().stream().filter(pod -> pod.addresses().contains(address));
  }

  private Set<IpAddress> addresses(PodRef pod) {
    Set<IpAddress> found = new LinkedHashSet<>();
    view.ipam().byPod(pod).forEach(held -> found.add(held.address()));
    view.ipam().introspection().enis().stream()
        .flatMap(eni -> eni.blocks().stream())
        .flatMap(block -> block.addresses().stream())
        .filter(slot -> slot.pod().filter(pod::equals).isPresent())
        .forEach(slot -> found.add(slot.address()));
    return found;
  }

  private Tenure tenure(Allocation held, AddressTimeline timeline) {
    AllocationEvidence evidence = held.evidence();
    Optional<Cooling> cooling = held.until().flatMap(end -> cooling(timeline, end));
    Set<Citation> lines = new LinkedHashSet<>();
    lines.add(evidence.began());
    evidence.ended().ifPresent(lines::add);
    cooling.filter(Cooling::logged).ifPresent(known -> lines.add(known.evidence()));
    return new Tenure(
        held.address(),
        held.pod(),
        held.containerId(),
        held.from(),
        evidence.fromAtLeast(),
        held.until(),
        evidence.untilAtMost(),
        evidence.seenAt(),
        cooling.map(Cooling::availableAfter),
        eni(held, timeline),
        held.deviceNumber().orElse(-1) < 0 ? OptionalInt.empty() : held.deviceNumber(),
        List.copyOf(lines));
  }

  private static Optional<Cooling> cooling(AddressTimeline timeline, Instant end) {
    return timeline.coolings().stream()
        .filter(known -> Duration.between(known.from(), end).abs().compareTo(SAME) <= 0)
        .findFirst();
  }

  private String eni(Allocation held, AddressTimeline timeline) {
    Optional<BranchEni> branch =
        held.deviceNumber().orElse(0) < 0
            ? view.ipam().pool().branchOf(held.address())
            : Optional.empty();
    return branch
        .map(this::name)
        .or(() -> tenureAt(timeline, held).map(EniTenure::eniId))
        .or(() -> byTable(held))
        .orElse("");
  }

  private String name(BranchEni branch) {
    return view.ipam()
        .pool()
        .eniByMac()
        .getOrDefault(branch.mac(), "branch ENI, VLAN " + branch.vlanId());
  }

  private static Optional<EniTenure> tenureAt(AddressTimeline timeline, Allocation held) {
    Instant seen = held.evidence().seenAt();
    return timeline.enis().reversed().stream()
        .filter(eni -> eni.from().isEmpty() || !eni.from().get().isAfter(seen))
        .filter(eni -> eni.until().isEmpty() || !eni.until().get().isBefore(held.from()))
        .findFirst();
  }

  private Optional<String> byTable(Allocation held) {
    return view.inventory().enis().stream()
        .filter(eni -> held.routeTable().isPresent())
        .filter(eni -> eni.routeTable() == held.routeTable().getAsInt())
        .map(AddressHistories::name)
        .findFirst();
  }

  private static String name(EniInfo eni) {
    return eni.id().isEmpty() ? eni.interfaceName() : eni.id();
  }

  /** The ENI that has a pod's address now. */
  private String now(AddressTimeline timeline) {
    Optional<String> byPool =
        timeline.enis().reversed().stream()
            .filter(eni -> eni.until().isEmpty())
            .map(EniTenure::eniId)
            .findFirst();
    return byPool
        .or(
            () ->
                timeline.holders().reversed().stream()
                    .filter(held -> held.until().isEmpty())
                    .map(held -> eni(held, timeline))
                    .findFirst())
        .or(() -> pods(timeline.address()).map(PodInfo::eniInterface).findFirst())
        .orElse("");
  }

  private AddressMoment moment(AddressTimeline timeline, Optional<EniInfo> owner, Instant at) {
    if (owner.isPresent()) {
      return moment(at, AddressMoment.State.OWN, Optional.empty());
    }
    return switch (timeline.stateAt(at)) {
      case AddressState.Held held ->
          moment(
              at,
              held.certain() ? AddressMoment.State.HELD : AddressMoment.State.PERHAPS_HELD,
              Optional.of(tenure(held.by(), timeline)));
      case AddressState.InCooldown cooling ->
          new AddressMoment(
              at,
              AddressMoment.State.COOLING,
              cooling.last().map(held -> tenure(held, timeline)),
              Optional.of(cooling.cooling().availableAfter()),
              "",
              List.of(cooling.cooling().evidence()));
      case AddressState.Free _ when isElsewhere(timeline) ->
          moment(at, AddressMoment.State.ELSEWHERE, Optional.empty());
      case AddressState.Free free ->
          moment(at, AddressMoment.State.FREE, free.last().map(held -> tenure(held, timeline)));
      case AddressState.Unknown unknown ->
          new AddressMoment(
              at,
              AddressMoment.State.UNKNOWN,
              Optional.empty(),
              Optional.empty(),
              unknown.why(),
              List.of());
    };
  }

  private boolean isElsewhere(AddressTimeline timeline) {
    return timeline.holders().isEmpty()
        && timeline.enis().isEmpty()
        && pods(timeline.address()).findAny().isEmpty();
  }

  private static AddressMoment moment(
      Instant at, AddressMoment.State state, Optional<Tenure> tenure) {
    return new AddressMoment(
        at, state, tenure, Optional.empty(), "", tenure.map(Tenure::evidence).orElse(List.of()));
  }
}
