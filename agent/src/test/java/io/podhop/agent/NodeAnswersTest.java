package io.podhop.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.describe.AddressHistories;
import io.podhop.agent.describe.LoggedNode;
import io.podhop.agent.describe.NodeDescriptions;
import io.podhop.model.IpAddress;
import io.podhop.v1.AddressQuestion;
import io.podhop.v1.DescribeNode;
import io.podhop.v1.NodeAnswer;
import io.podhop.v1.NodeQuestion;
import io.podhop.wire.AddressCodec;
import io.podhop.wire.ModelCodec;
import io.podhop.wire.NodeCodec;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeAnswersTest {
  private static final IpAddress ADDRESS = IpAddress.parse("10.1.2.3");
  private static final Instant AT = Instant.parse("2026-03-01T10:10:10Z");

  @TempDir Path directory;

  private NodeView view() {
    return new LoggedNode()
        .ipamd("2026-03-01T09:00:00.000Z", "Found instance-type: m5.large ")
        .ipamd(
            "2026-03-01T09:00:00.000Z", "Added ENI(eni-0bb)'s IP/Prefix 10.1.2.0/28 to datastore")
        .assigned("2026-03-01T10:00:00.000Z", "10.1.2.3", LoggedNode.WEB_CID, "web-0")
        .released("2026-03-01T10:10:00.000Z", "10.1.2.3", LoggedNode.WEB_CID)
        .ipamd(
            "2026-03-01T10:10:05.000Z",
            "IP stats for Network Card 0 - total IPs: 16, assigned IPs: 0, cooldown IPs: 1")
        .view(directory);
  }

  private static NodeAnswer ask(NodeView view, AddressQuestion.Builder question) {
    return NodeAnswers.answer(view, NodeQuestion.newBuilder().setAddress(question).build())
        .orElseThrow();
  }

  @Test
  void answer_address_everythingCrossesTheWire() {
    NodeView view = view();
    AddressQuestion.Builder question =
        AddressQuestion.newBuilder()
            .setAddress(ModelCodec.encode(ADDRESS))
            .setAtNs(AddressCodec.nanos(AT));

    assertThat(AddressCodec.decode(ask(view, question).getAddress()))
        .isEqualTo(AddressHistories.of(view, ADDRESS, Optional.of(AT)));
  }

  @Test
  void answer_pod_itsAddresses() {
    NodeAnswer answer = ask(view(), AddressQuestion.newBuilder().setPod("shop/web-0"));

    assertThat(AddressCodec.decode(answer.getAddress()).tenures())
        .singleElement()
        .satisfies(tenure -> assertThat(tenure.address()).isEqualTo(ADDRESS));
  }

  @Test
  void answer_describe_everythingCrossesTheWire() {
    NodeView view = view();
    NodeQuestion question =
        NodeQuestion.newBuilder().setDescribe(DescribeNode.getDefaultInstance()).build();

    assertThat(NodeCodec.decode(NodeAnswers.answer(view, question).orElseThrow().getDescription()))
        .isEqualTo(NodeDescriptions.of(view));
  }

  @Test
  void answer_noAddressOrNoPodsName_refusedWithASentence() {
    NodeView view = view();

    assertThatThrownBy(() -> ask(view, AddressQuestion.newBuilder()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ask(view, AddressQuestion.newBuilder().setPod("web")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("namespace/name");
  }
}
