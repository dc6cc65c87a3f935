package io.podhop.agent;

import io.podhop.agent.bundle.BundleException;
import io.podhop.agent.bundle.BundleNode;
import io.podhop.agent.bundle.BundleReader;
import io.podhop.agent.bundle.MissingInput;
import io.podhop.agent.correlate.NodePart;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.correlate.Peers;
import io.podhop.agent.correlate.Reading;
import io.podhop.model.NodeInventory;
import io.podhop.model.PeerNode;
import io.podhop.v1.FlowKey;
import io.podhop.v1.NodeAnswer;
import io.podhop.v1.NodeQuestion;
import io.podhop.wire.ModelCodec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * Nodes of which nothing is at hand but their support bundles: they answer as agents on them would
 * have answered when the bundles were collected. Immutable, and complete without the bundles.
 */
public final class BundledNodes {
  private static final DateTimeFormatter AS_OF =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss 'UTC'").withZone(ZoneOffset.UTC);
  private static final int IPV6_BYTES = 16;

  private final Map<String, BundleNode> nodes = new LinkedHashMap<>();
  private final BiFunction<NodeView, NodeQuestion, Optional<NodeAnswer>> answers;

  /**
   * @param answers answers from a view; empty to a question that it does not know
   * @throws BundleException when two bundles are of one node
   */
  BundledNodes(
      List<BundleNode> bundles, BiFunction<NodeView, NodeQuestion, Optional<NodeAnswer>> answers)
      throws BundleException {
    this.answers = answers;
    for (BundleNode bundle : bundles) {
      String name = bundle.view().inventory().node();
      if (nodes.put(name, bundle.with(peers(bundle, bundles))) != null) {
        throw new BundleException("two bundles are of one node, " + name + ": give one of them");
      }
    }
  }

  /**
   * Reads bundles, each of one node.
   *
   * @param bundles directories and archives in the layout of the EKS log collector
   * @throws BundleException with a sentence that names the bundle, when one is refused or cannot be
   *     read, or when two are of one node
   */
  public static BundledNodes read(List<Path> bundles) throws BundleException {
    List<BundleNode> read = new ArrayList<>();
    for (Path bundle : bundles) {
      read.add(BundleReader.read(bundle));
    }
    return new BundledNodes(read, NodeAnswers::answer);
  }

  /** As the collector tells living agents of each other. */
  private static Peers peers(BundleNode of, List<BundleNode> all) {
    Peers peers = new Peers();
    all.stream()
        .map(bundle -> bundle.view().inventory())
        .filter(other -> !other.node().equals(of.view().inventory().node()))
        .map(other -> PeerNode.of(other, false))
        .forEach(peers::learn);
    return peers;
  }

  /** What each of them is. */
  public List<NodeInventory> inventories() {
    return nodes.values().stream().map(node -> node.view().inventory()).toList();
  }

  /** When the last of them was collected. */
  public Instant asOf() {
    return nodes.values().stream()
        .map(node -> reading(node).at())
        .max(Comparator.naturalOrder())
        .orElse(Instant.EPOCH);
  }

  /**
   * Of when the answers are, what each bundle does not hold and what cannot be known for that, and
   * what could not be read; sentences for people.
   */
  public List<String> notes() {
    return nodes.values().stream().flatMap(this::notes).toList();
  }

  private Stream<String> notes(BundleNode bundle) {
    String name = bundle.view().inventory().node();
    String whose = nodes.size() == 1 ? "" : name + ": ";
    return Stream.of(
            Stream.of("node " + name + " as it was at " + AS_OF.format(reading(bundle).at())),
            bundle.missing().stream().map(missing -> whose + missing),
            bundle.warnings().stream().map(warning -> whose + warning))
        .flatMap(notes -> notes);
  }

  private static Reading reading(BundleNode bundle) {
    return bundle.view().reading();
  }

  /**
   * A node's answer.
   *
   * @param node one of {@link #inventories}
   * @throws IOException with the reason, to be put behind the node's name, when the bundle does not
   *     hold what the answer would be read from, or the question makes no sense to the node
   */
  public NodeAnswer answer(String node, NodeQuestion question) throws IOException {
    BundleNode bundle = nodes.get(node);
    if (bundle == null) {
      throw new IOException("there is no bundle of it");
    }
    try {
      Optional<MissingInput> missing = firstMissing(bundle, question);
      if (missing.isPresent()) {
        throw new IOException("its bundle has " + missing.get());
      }
      return answers
          .apply(bundle.view(), question)
          .orElseThrow(() -> new IOException("this podhop does not know the question"));
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static Optional<MissingInput> firstMissing(BundleNode bundle, NodeQuestion question) {
    return needed(bundle.view(), question).stream()
        .filter(reading(bundle)::lacks)
        .flatMap(part -> bundle.missing(part).stream())
        .findFirst();
  }

  /** Without these, emptiness would be taken for what the node has. */
  private static List<NodePart> needed(NodeView view, NodeQuestion question) {
    return switch (question.getQuestionCase()) {
      case LEG -> needed(view, question.getLeg().getPacket());
      // VPC CNI 1.23 marks connections in a table of nf_tables, and no collector gathers those.
      case AUDIT -> List.of(NodePart.RULES, NodePart.ROUTES, NodePart.IPTABLES, NodePart.NFTABLES);
      case ADDRESS, DESCRIBE, QUESTION_NOT_SET -> List.of();
    };
  }

  private static List<NodePart> needed(NodeView view, FlowKey packet) {
    if (packet.getSource().size() == IPV6_BYTES) {
      return List.of(NodePart.RULES6, NodePart.ROUTES6, NodePart.IP6TABLES);
    }
    List<NodePart> needed =
        new ArrayList<>(List.of(NodePart.RULES, NodePart.ROUTES, NodePart.IPTABLES));
    if (!isBetweenPods(view.inventory(), packet)) {
      needed.add(NodePart.NFTABLES);
    }
    return needed;
  }

  /** What the CNI does not mark: from an address of the VPC to one, neither of them the node's. */
  private static boolean isBetweenPods(NodeInventory node, FlowKey packet) {
    return Stream.of(packet.getSource(), packet.getDestination())
        .map(ModelCodec::decode)
        .allMatch(
            end ->
                node.vpcCidrs().stream().anyMatch(range -> range.contains(end))
                    && node.enis().stream().noneMatch(eni -> eni.addresses().contains(end)));
  }
}
