package io.podhop.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.podhop.collector.explain.NodeQuestions;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.v1.AddressHistory;
import io.podhop.v1.AddressRequest;
import io.podhop.v1.AddressResponse;
import io.podhop.v1.AuditReport;
import io.podhop.v1.AuditResponse;
import io.podhop.v1.ExplainGrpc;
import io.podhop.v1.Finding;
import io.podhop.v1.ListNodesRequest;
import io.podhop.v1.NodeAnswer;
import io.podhop.v1.NodeQuestion;
import io.podhop.v1.NodeRequest;
import io.podhop.v1.QueryGrpc;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class OfflineCollectorTest {
  @Test
  void auditNodes_ofSeveral_gathersTheirAnswersAndSilences() throws IOException {
    AuditResponse response =
        over(
            OfflineCollectorTest::audited,
            explain -> explain.auditNodes(NodeRequest.getDefaultInstance()));

    assertThat(response.getReportsList())
        .singleElement()
        .satisfies(
            report -> {
              assertThat(report.getNode()).isEqualTo("node-1");
              assertThat(report.getFindings(0).getId()).isEqualTo("missing-rule-512");
            });
    assertThat(response.getSilentNodesList()).containsExactly("node-2: its bundle has no rules");
  }

  @Test
  void getAddress_ofBoth_asksEachAboutIt() throws IOException {
    AddressResponse response =
        over(
            (node, question) ->
                new NodeQuestions.Said(
                    NodeAnswer.newBuilder()
                        .setAddress(
                            AddressHistory.newBuilder()
                                .setNode(node)
                                .addWarnings(
                                    question.getAddress().getAddress().size() + " bytes asked"))
                        .build()),
            explain ->
                explain.getAddress(AddressRequest.newBuilder().setAddress("10.9.0.7").build()));

    assertThat(response.getNodesList())
        .extracting(AddressHistory::getNode)
        .containsExactly("node-1", "node-2");
    assertThat(response.getNodes(0).getWarningsList()).containsExactly("4 bytes asked");
  }

  @Test
  void describeNode_thatIsNoBundleOfThese_namesThose() {
    assertThatThrownBy(
            () ->
                over(
                    OfflineCollectorTest::audited,
                    explain ->
                        explain.describeNode(NodeRequest.newBuilder().setNode("node-3").build())))
        .satisfies(
            e ->
                assertThat(Status.fromThrowable(e).getCode())
                    .isEqualTo(Status.Code.INVALID_ARGUMENT))
        .hasMessageContaining("no node node-3; there is: node-1, node-2");
  }

  @Test
  void query_isNotServed() {
    assertThatThrownBy(
            () -> {
              try (OfflineCollector collector =
                  OfflineCollector.serve(List.of(node("node-1")), _ -> Map.of())) {
                QueryGrpc.newBlockingStub(collector.channel())
                    .listNodes(ListNodesRequest.getDefaultInstance());
              }
            })
        .satisfies(
            e ->
                assertThat(Status.fromThrowable(e).getCode()).isEqualTo(Status.Code.UNIMPLEMENTED));
  }

  @Test
  void serve_twoNodesOfOneName_isRefused() {
    assertThatThrownBy(
            () -> OfflineCollector.serve(List.of(node("node-1"), node("node-1")), _ -> Map.of()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("node-1");
  }

  private static NodeQuestions.Answer audited(String node, NodeQuestion question) {
    assertThat(question.hasAudit()).isTrue();
    return node.equals("node-1")
        ? new NodeQuestions.Said(
            NodeAnswer.newBuilder()
                .setAudit(
                    AuditReport.newBuilder()
                        .setNode(node)
                        .addFindings(Finding.newBuilder().setId("missing-rule-512")))
                .build())
        : new NodeQuestions.Silent("its bundle has no rules");
  }

  private static <A> A over(
      BiFunction<String, NodeQuestion, NodeQuestions.Answer> answers,
      Function<ExplainGrpc.ExplainBlockingStub, A> asked)
      throws IOException {
    NodeQuestions questions =
        all -> {
          Map<String, NodeQuestions.Answer> given = new LinkedHashMap<>();
          all.forEach((node, question) -> given.put(node, answers.apply(node, question)));
          return given;
        };
    try (OfflineCollector collector =
        OfflineCollector.serve(List.of(node("node-1"), node("node-2")), questions)) {
      return asked.apply(ExplainGrpc.newBlockingStub(collector.channel()));
    }
  }

  private static NodeInventory node(String name) {
    return new NodeInventory(
        name, IpAddress.parse("10.9.0.1"), List.of(), List.of(), List.of(), List.of(), List.of());
  }
}
