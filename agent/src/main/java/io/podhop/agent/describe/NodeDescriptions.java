package io.podhop.agent.describe;

import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.ipam.Allocation;
import io.podhop.agent.ipam.BranchEni;
import io.podhop.agent.ipam.InstanceLimits;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.ipam.NodePool;
import io.podhop.agent.ipam.PoolStats;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeDescription;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** What a node has for its pods, and what limits it. */
public final class NodeDescriptions {
  private final NodeView view;
  private final IpamSnapshot ipam;

  private NodeDescriptions(NodeView view) {
    this.view = view;
    this.ipam = view.ipam();
  }

  /** Of the moment when ipamd answered, else of its last count in the log. */
  public static NodeDescription of(NodeView view) {
    return new NodeDescriptions(view).describe();
  }

  private NodeDescription describe() {
    Optional<String> type = ipam.pool().instanceType();
    NodePool pool = ipam.nodePool(type, moment());
    List<NodeDescription.Eni> enis = new EniList(view, moment()).enis();
    Optional<InstanceLimits> limits = pool.limits();
    return new NodeDescription(
        view.inventory(),
        type.orElse(""),
        pool.maxPods(),
        number(limits.map(InstanceLimits::maxEnis)),
        number(limits.map(InstanceLimits::ipv4PerEni)),
        enis,
        branches(),
        pool.asOf().map(at -> counts(at, pool)),
        PoolLimit.of(pool, enis, type),
        PoolTroubles.of(ipam),
        ipam.introspection().settings(),
        warnings(type, limits, enis));
  }

  /** When ipamd last told anything of its pool. */
  private Instant moment() {
    return ipam.introspection()
        .readAt()
        .or(
            () ->
                ipam.pool().latest().values().stream()
                    .map(PoolStats::at)
                    .max(Comparator.naturalOrder()))
        .orElse(Instant.EPOCH);
  }

  private static OptionalInt number(Optional<Integer> value) {
    return value.isPresent() ? OptionalInt.of(value.get()) : OptionalInt.empty();
  }

  private static NodeDescription.Counts counts(Instant at, NodePool pool) {
    return new NodeDescription.Counts(
        at, saturated(pool.used()), saturated(pool.cooling()), saturated(pool.free()));
  }

  private static int saturated(long value) {
    return (int) Math.min(Integer.MAX_VALUE, value);
  }

  /** Those whose pod still has its address; the last of an address counts. */
  private List<NodeDescription.Branch> branches() {
    Map<IpAddress, NodeDescription.Branch> found = new LinkedHashMap<>();
    for (BranchEni branch : ipam.pool().branches()) {
      holder(branch.address())
          .ifPresent(
              held ->
                  found.put(
                      branch.address(),
                      new NodeDescription.Branch(
                          held.pod(),
                          branch.address(),
                          branch.vlanId(),
                          ipam.pool().eniByMac().getOrDefault(branch.mac(), ""),
                          branch.enforcingMode())));
    }
    return List.copyOf(found.values());
  }

  private Optional<Allocation> holder(IpAddress address) {
    return ipam.historyOf(address).stream().filter(held -> held.until().isEmpty()).findFirst();
  }

  private static List<String> warnings(
      Optional<String> type, Optional<InstanceLimits> limits, List<NodeDescription.Eni> enis) {
    List<String> warnings = new ArrayList<>();
    if (type.isEmpty()) {
      warnings.add(
          "the instance type is not known, so neither is what it may have: ipamd.log does not go"
              + " back to ipamd's start");
    } else if (limits.isEmpty()) {
      warnings.add("what a " + type.get() + " may have is not known to this version");
    }
    for (NodeDescription.Eni eni : enis) {
      if (eni.interfaceName().isEmpty()) {
        warnings.add(
            "ipamd has "
                + eni.id()
                + ", and no interface of the node with a route of its own is it");
      }
    }
    return warnings;
  }
}
