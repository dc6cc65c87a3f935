package io.podhop.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.agent.bundle.BundleNode;
import io.podhop.agent.bundle.BundleReader;
import io.podhop.agent.correlate.NodeView;
import io.podhop.model.Direction;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.LegQuery;
import io.podhop.model.Protocol;
import io.podhop.v1.AddressQuestion;
import io.podhop.v1.AuditNode;
import io.podhop.v1.NodeAnswer;
import io.podhop.v1.NodeDescription;
import io.podhop.v1.NodeQuestion;
import io.podhop.wire.ExplainCodec;
import io.podhop.wire.InventoryCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BundledNodesTest {
  private static final NodeQuestion ADDRESS =
      NodeQuestion.newBuilder().setAddress(AddressQuestion.newBuilder().setPod("shop/a")).build();
  private static final NodeQuestion AUDIT =
      NodeQuestion.newBuilder().setAudit(AuditNode.getDefaultInstance()).build();

  private static final String RULES =
      """
      *nat
      :AWS-SNAT-CHAIN-0 - [0:0]
      -A POSTROUTING -j AWS-SNAT-CHAIN-0
      -A AWS-SNAT-CHAIN-0 -d 192.168.0.0/16 -m comment --comment "AWS SNAT CHAIN" -j RETURN
      -A AWS-SNAT-CHAIN-0 ! -o vlan+ -m addrtype ! --dst-type LOCAL -j SNAT --to-source 192.168.0.10
      COMMIT
      """;

  @TempDir private Path temp;

  @Test
  void answer_everyQuestion_isTheViewsOfThatNode() throws IOException {
    BundledNodes nodes = nodes(BundledNodesTest::told, bundle("one"), bundle("two"));

    assertThat(nodes.inventories()).extracting("node").containsExactly("one", "two");
    for (NodeQuestion question : List.of(ADDRESS, AUDIT, leg("192.168.1.12", "192.168.1.13"))) {
      assertThat(nodes.answer("two", question).getDescription().getInventory().getNode())
          .isEqualTo("two");
    }
  }

  @Test
  void answer_severalBundles_knowOfEachOther() throws IOException {
    List<NodeView> seen = new ArrayList<>();
    BundledNodes nodes =
        nodes(
            (view, question) -> {
              seen.add(view);
              return told(view, question);
            },
            bundle("one"),
            bundle("two"));

    nodes.answer("one", ADDRESS);

    assertThat(seen)
        .singleElement()
        .satisfies(view -> assertThat(view.peers()).isNotEqualTo(view(bundle("one")).peers()));
  }

  @ParameterizedTest
  @CsvSource({
    "networking/iprule.txt, which routing table",
    "networking/iproute.txt, where packets go",
    "networking/iptables-save.txt, NAT and filtering",
  })
  void answer_legWithoutWhatItIsReadFrom_isRefused(String file, String unknowable)
      throws IOException {
    Path bundle = bundle("one");
    Files.delete(bundle.resolve(file));
    BundledNodes nodes = nodes(BundledNodesTest::told, bundle);

    assertThatThrownBy(() -> nodes.answer("one", leg("192.168.1.12", "192.168.1.13")))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("its bundle has no " + file + ": " + unknowable);
    assertThat(nodes.answer("one", ADDRESS).hasDescription()).isTrue();
    assertThat(nodes.answer("one", AUDIT).hasDescription()).isTrue();
  }

  @Test
  void answer_auditWithoutAnythingToAudit_isRefused() throws IOException {
    Path bundle = bundle("one");
    for (String name : List.of("iprule.txt", "iproute.txt", "iptables-save.txt")) {
      Files.delete(bundle.resolve("networking").resolve(name));
    }
    BundledNodes nodes = nodes(BundledNodesTest::told, bundle);

    assertThatThrownBy(() -> nodes.answer("one", AUDIT))
        .hasMessageStartingWith("its bundle has no networking/iprule.txt: ");
  }

  @Test
  void answer_withoutNftables_isOfPacketsThatTheCniDoesNotMark() throws IOException {
    Path bundle = bundle("one");
    Files.delete(bundle.resolve("networking/nft-ruleset.txt"));
    BundledNodes nodes = nodes(BundledNodesTest::told, bundle);

    assertThat(nodes.answer("one", leg("192.168.1.12", "192.168.1.13")).hasDescription()).isTrue();
    for (NodeQuestion question :
        List.of(
            leg("192.168.1.12", "203.0.113.9"),
            leg("192.168.1.12", "172.20.0.10"),
            leg("192.168.2.9", "192.168.0.10"))) {
      assertThatThrownBy(() -> nodes.answer("one", question))
          .hasMessageStartingWith("its bundle has no networking/nft-ruleset.txt: ")
          .hasMessageContaining("connection marks");
    }
  }

  @Test
  void answer_ipv6LegOfNodeWithoutIpv6Files_isRefused() throws IOException {
    BundledNodes nodes = nodes(BundledNodesTest::told, bundle("one"));

    assertThatThrownBy(() -> nodes.answer("one", leg("fd00::1", "fd00::2")))
        .hasMessageContaining("no networking/ip6rule.txt: IPv6 routing cannot be predicted");
  }

  @Test
  void answer_questionThatMakesNoSense_saysWhy() throws IOException {
    BundledNodes nodes =
        nodes(
            (_, _) -> {
              throw new IllegalArgumentException("no pod of that name");
            },
            bundle("one"));
    BundledNodes old = nodes((_, _) -> Optional.empty(), bundle("two"));

    assertThatThrownBy(() -> nodes.answer("one", ADDRESS)).hasMessage("no pod of that name");
    assertThatThrownBy(() -> nodes.answer("three", ADDRESS)).hasMessage("there is no bundle of it");
    assertThatThrownBy(() -> old.answer("two", ADDRESS)).hasMessageContaining("does not know");
  }

  @Test
  void notes_tellTheTimeAndWhatIsMissing() throws IOException {
    Path one = bundle("one");
    Path two = bundle("two");

    assertThat(BundledNodes.read(List.of(one)).notes())
        .startsWith("node one as it was at 2025-05-06 07:08:09 UTC")
        .anyMatch(note -> note.startsWith("no networking/ipneigh.txt: "));
    assertThat(BundledNodes.read(List.of(one, two)).notes())
        .contains("node two as it was at 2025-05-06 07:08:09 UTC")
        .containsOnlyOnce(
            "no networking/ipneigh.txt: neighbours (ARP) are not known: neither failed nor stale"
                + " entries can be told");
    Files.delete(two.resolve("networking/iprule.txt"));
    assertThat(BundledNodes.read(List.of(one, two)).notes())
        .anyMatch(note -> note.startsWith("two: no networking/iprule.txt: "));
  }

  @Test
  void read_twoBundlesOfOneNode_isRefused() throws IOException {
    Path one = bundle("one");
    Path again = temp.resolve("again");
    put(again, "kernel/uname.txt", "Linux one 6.1.0 x86_64\n");

    assertThatThrownBy(() -> BundledNodes.read(List.of(one, again)))
        .hasMessage("two bundles are of one node, one: give one of them");
  }

  private static Optional<NodeAnswer> told(NodeView view, NodeQuestion question) {
    return Optional.of(
        NodeAnswer.newBuilder()
            .setRequestId(question.getRequestId())
            .setDescription(
                NodeDescription.newBuilder().setInventory(InventoryCodec.encode(view.inventory())))
            .build());
  }

  private static BundledNodes nodes(
      BiFunction<NodeView, NodeQuestion, Optional<NodeAnswer>> answers, Path... bundles)
      throws IOException {
    List<BundleNode> read = new ArrayList<>();
    for (Path bundle : bundles) {
      read.add(BundleReader.read(bundle));
    }
    return new BundledNodes(read, answers);
  }

  private static NodeView view(Path bundle) throws IOException {
    return BundleReader.read(bundle).view();
  }

  private static NodeQuestion leg(String source, String destination) {
    FlowKey packet =
        new FlowKey(
            Protocol.TCP, IpAddress.parse(source), 40_000, IpAddress.parse(destination), 80);
    return NodeQuestion.newBuilder()
        .setLeg(
            ExplainCodec.encode(
                new LegQuery(
                    Direction.REQUEST, packet, new LegQuery.FromNode(), Optional.empty(), 0)))
        .build();
  }

  private Path bundle(String node) throws IOException {
    Path bundle = temp.resolve(node);
    put(bundle, "kernel/uname.txt", "Linux " + node + " 6.1.0 x86_64\n");
    put(
        bundle,
        "networking/iprule.txt",
        "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n");
    put(
        bundle,
        "networking/iproute.txt",
        "default via 192.168.0.1 dev eth0\nlocal 192.168.0.10 dev eth0 table local scope host\n");
    put(bundle, "networking/iptables-save.txt", RULES);
    put(bundle, "networking/nft-ruleset.txt", "table ip nat {\n}\n");
    return bundle;
  }

  private static void put(Path bundle, String name, String text) throws IOException {
    Path file = bundle.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2025-05-06T07:08:09Z")));
  }
}
