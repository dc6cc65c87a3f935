package io.podhop.collector.explain;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.collector.fixture.ModelNode;
import io.podhop.collector.fixture.ModelNodes;
import io.podhop.collector.fixture.Shop;
import io.podhop.collector.registry.Names;
import io.podhop.collector.registry.Registry;
import io.podhop.collector.registry.Resolution;
import io.podhop.model.Citation;
import io.podhop.model.EniInfo;
import io.podhop.model.Explanation;
import io.podhop.model.IpAddress;
import io.podhop.model.LegQuery;
import io.podhop.model.NodeInventory;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Protocol;
import io.podhop.model.Verdict;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;

/** Nodes in miniature that are asked, and what is typed to ask them. */
abstract class ExplainScene {
  static final String NODE_C = "node-c";
  static final IpAddress NODE_C_IP = IpAddress.parse("192.168.64.10");
  static final IpAddress DB2_IP = IpAddress.parse("192.168.65.8");
  static final int NODE_PORT = 30_432;

  final Registry registry = new Registry(() -> Instant.EPOCH);
  final Names names = new Names(registry, _ -> List.of());
  final ModelNode nodeA =
      new ModelNode(Shop.nodeA())
          .service(Shop.SERVICE_IP, Shop.PORT, ModelNode.backend(Shop.DB_IP, 1));
  final ModelNode nodeB = new ModelNode(Shop.nodeB());
  final ModelNodes nodes = new ModelNodes().node(Shop.NODE_A, nodeA).node(Shop.NODE_B, nodeB);

  @BeforeEach
  void register() {
    add(Shop.nodeA());
    add(Shop.nodeB());
  }

  void add(NodeInventory inventory) {
    assertThat(registry.register(inventory.node(), "1", inventory.node()))
        .isInstanceOf(Registry.Registration.Accepted.class);
    registry.update(inventory.node(), inventory.node(), inventory);
  }

  /** A third node, with a second pod of the service. */
  static NodeInventory nodeC() {
    PodInfo db2 =
        new PodInfo(
            new PodRef("shop", "db2"), "db", "", List.of(DB2_IP), 5, 6, "enidb2", 9, "eth0", 254);
    return new NodeInventory(
        NODE_C,
        NODE_C_IP,
        Shop.nodeA().vpcCidrs(),
        List.of(new EniInfo("eni-c0", "eth0", 2, List.of(NODE_C_IP), 254)),
        List.of(db2),
        Shop.nodeA().services(),
        List.of());
  }

  Explanation explain(String source, String destination, int port) throws InterruptedException {
    return explain(new PathQuestion(source, destination, "shop", port, Protocol.TCP, 40_112, 0));
  }

  Explanation explain(PathQuestion question) throws InterruptedException {
    return ((Resolution.Found<Explanation>) new Explainer(names, nodes).explain(question)).value();
  }

  static Function<LegQuery, PredictedLeg> but(
      ModelNode node, Predicate<LegQuery> when, PredictedLeg.Fate fate) {
    return query -> when.test(query) ? ending(node.apply(query), fate) : node.apply(query);
  }

  private static PredictedLeg ending(PredictedLeg leg, PredictedLeg.Fate fate) {
    boolean stays = fate instanceof PredictedLeg.Leaves;
    return new PredictedLeg(
        leg.node(),
        leg.direction(),
        leg.entering(),
        leg.hops(),
        fate,
        stays ? leg.entering() : leg.leaving(),
        leg.tracked(),
        leg.choices(),
        leg.mtu(),
        List.of("as tested"));
  }

  static PredictedLeg.Dies dies(Verdict.Id id, String after, String before) {
    return new PredictedLeg.Dies(
        id,
        new Verdict.Place(after, before),
        "a rule drops it",
        List.of(new Citation(Citation.Source.IPTABLES, "filter/FORWARD", 3, "-j DROP")),
        "delete the rule");
  }

  static List<String> places(Explanation explanation) {
    return explanation.legs().stream().map(leg -> leg.direction() + " " + leg.node()).toList();
  }

  static void isDelivered(Explanation explanation) {
    assertThat(explanation.verdict().id()).isEqualTo(Verdict.Id.DELIVERED);
    assertThat(explanation.verdict().grade()).isEqualTo(Verdict.Grade.UNPROVEN);
    assertThat(explanation.verdict().gradeReason()).isEqualTo("predicted, nothing was sent");
    assertThat(explanation.verdict().place()).isEqualTo(Verdict.Place.NONE);
  }
}
