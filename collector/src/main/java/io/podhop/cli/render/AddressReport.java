package io.podhop.cli.render;

import io.podhop.model.AddressHistory;
import io.podhop.model.AddressMoment;
import io.podhop.model.Tenure;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What is known of an address, or of a pod's addresses.
 *
 * @param subject the address, or {@code namespace/name}
 * @param ofPod the subject is a pod
 * @param nodes what each node tells
 * @param silentNodes those that told nothing, with the reason
 * @param now when they were asked
 */
public record AddressReport(
    String subject,
    boolean ofPod,
    List<AddressHistory> nodes,
    List<String> silentNodes,
    Instant now) {
  public AddressReport {
    nodes = List.copyOf(nodes);
    silentNodes = List.copyOf(silentNodes);
  }

  /** A holding, and on which node it was. */
  record Held(String node, Tenure tenure) {}

  /** All holdings on all nodes, earliest first. */
  List<Held> held() {
    return nodes.stream()
        .flatMap(node -> node.tenures().stream().map(tenure -> new Held(node.node(), tenure)))
        .sorted(
            Comparator.comparing((Held held) -> held.tenure().from())
                .thenComparing(held -> held.tenure().address())
                .thenComparing(Held::node))
        .toList();
  }

  /** Whether any node has anything to tell. */
  public boolean known() {
    return nodes.stream().anyMatch(AddressHistory::concerned);
  }

  /** Whether every node answered, and has logs to answer from. */
  public boolean complete() {
    return silentNodes.isEmpty() && nodes.stream().allMatch(node -> node.knownFrom().isPresent());
  }

  /** The node whose ENI has the address now. */
  Optional<AddressHistory> owner() {
    return nodes.stream().filter(node -> !node.nowOn().isEmpty()).findFirst();
  }

  /** The most telling word on the instant that was asked about. */
  Optional<Told> moment() {
    return nodes.stream()
        .flatMap(node -> node.moment().stream().map(moment -> new Told(node.node(), moment)))
        .min(Comparator.comparing(told -> told.moment().state()));
  }

  /** The state at the instant that was asked about; unknown when no node tells. */
  public AddressMoment.State state() {
    return moment().map(told -> told.moment().state()).orElse(AddressMoment.State.UNKNOWN);
  }

  /** A node's word on an instant. */
  record Told(String node, AddressMoment moment) {}
}
