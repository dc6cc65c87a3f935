package io.podhop.agent;

import io.podhop.agent.bundle.BundleException;
import io.podhop.agent.bundle.BundleNode;
import io.podhop.agent.bundle.BundleReader;
import io.podhop.agent.bundle.MissingInput;
import io.podhop.agent.correlate.NodePart;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.correlate.Peers;
import io.podhop.agent.correlate.Reading;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.model.PeerNode;
import io.podhop.model.ServicePort;
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
    List<String> notes = new ArrayList<>();
    Map<String, List<String>> alike = new LinkedHashMap<>();
    nodes.forEach(
        (name, bundle) -> {
          notes.add("node " + name + " as it was at " + AS_OF.format(reading(bundle).at()));
          Stream.concat(
                  bundle.missing().stream().map(MissingInput::toString), bundle.warnings().stream())
              .forEach(note -> alike.computeIfAbsent(note, _ -> new ArrayList<>()).add(name));
        });
    alike.forEach((note, of) -> notes.add(whose(of) + note));
    return notes;
  }

  /** What is so of all bundles is told once. */
  private String whose(List<String> names) {
    return names.size() == nodes.size() ? "" : String.join(", ", names) + ": ";
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
    List<NodePart> needed = needed(bundle.view(), question);
    boolean all = question.getQuestionCase() != NodeQuestion.QuestionCase.AUDIT;
    if (!all && !reading(bundle).absent().containsAll(needed)) {
      return Optional.empty();
    }
    return needed.stream()
        .filter(reading(bundle)::lacks)
        .flatMap(part -> bundle.missing(part).stream())
        .findFirst();
  }

  /** Without these, emptiness would be taken for what the node has. */
  private static List<NodePart> needed(NodeView view, NodeQuestion question) {
    return switch (question.getQuestionCase()) {
      case LEG -> needed(view, ModelCodec.decode(question.getLeg().getPacket()));
      // Its checks say themselves what they lack, but a report of none would look like a clean one.
      case AUDIT -> List.of(NodePart.RULES, NodePart.ROUTES, NodePart.IPTABLES);
      case ADDRESS, DESCRIBE, QUESTION_NOT_SET -> List.of();
    };
  }

  private static List<NodePart> needed(NodeView view, FlowKey packet) {
    if (!packet.source().isIpv4()) {
      return List.of(NodePart.RULES6, NodePart.ROUTES6, NodePart.IP6TABLES);
    }
    List<NodePart> needed =
        new ArrayList<>(List.of(NodePart.RULES, NodePart.ROUTES, NodePart.IPTABLES));
    // VPC CNI 1.23 marks connections in a table of nftables, and no collector gathers those.
    if (!isUnmarked(view, packet) && !view.nat().needsNoNftables()) {
      needed.add(NodePart.NFTABLES);
    }
    return needed;
  }

  /**
   * What the CNI does not mark: from an address of the VPC to others, or to a service of them by
   * kube-proxy's rules in iptables, none of them the node's.
   */
  private static boolean isUnmarked(NodeView view, FlowKey packet) {
    NodeInventory node = view.inventory();
    Stream<IpAddress> endpoints =
        node.services().stream()
            .filter(_ -> view.nat().hasKubeServices())
            .filter(service -> service.clusterIp().equals(packet.destination()))
            .filter(service -> service.port() == packet.destinationPort())
            .flatMap(service -> service.endpoints().stream())
            .map(ServicePort.Backend::address);
    List<IpAddress> ends = new ArrayList<>(endpoints.toList());
    if (ends.isEmpty()) {
      ends.add(packet.destination());
    }
    ends.add(packet.source());
    return ends.stream().allMatch(end -> isInVpc(node, end));
  }

  private static boolean isInVpc(NodeInventory node, IpAddress end) {
    return node.vpcCidrs().stream().anyMatch(range -> range.contains(end))
        && node.enis().stream().noneMatch(eni -> eni.addresses().contains(end));
  }
}
