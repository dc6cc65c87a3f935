package io.podhop.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.podhop.model.AuditReport;
import io.podhop.model.Citation;
import io.podhop.model.Finding;
import io.podhop.model.Finding.Severity;
import io.podhop.v1.AuditResponse;
import io.podhop.v1.ExplainGrpc;
import io.podhop.v1.NodeRequest;
import io.podhop.wire.AuditCodec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class AuditCommandTest {
  private static final Finding MISSING =
      new Finding(
          "missing-rule-512",
          Severity.ERROR,
          "shop/web-0",
          "no rule 512 `to 10.1.1.11 lookup main`: what a pod of a secondary ENI on this node sends"
              + " to it loops through the VPC",
          List.of(
              new Citation(
                  Citation.Source.ROUTE, "table main", 0, "10.1.1.11 dev eni0a scope link"),
              new Citation(Citation.Source.POLICY_RULE, "rule", 1536, "from 10.1.1.21 lookup 2")),
          "delete the pod so that its controller makes it anew");
  private static final Finding LEAKED =
      new Finding(
          "leaked-rule",
          Severity.WARNING,
          "10.1.1.13\u001b[31m",
          "no pod of this node has the address",
          List.of(),
          "");
  private static final AuditReport BROKEN =
      new AuditReport(
          "node-a",
          List.of(LEAKED, MISSING),
          List.of("missing-rule-512", "leaked-rule"),
          List.of("pod-mtu: no pod's network namespace was read"));
  private static final AuditReport HEALTHY =
      new AuditReport("node-b", List.of(), List.of("missing-rule-512", "pod-mtu"), List.of());

  private final AuditResponse.Builder answer = AuditResponse.newBuilder();
  private final Cli cli = Cli.reading(List.of());
  private Status end = Status.OK;
  private String asked = "-";
  private Server server;

  @BeforeEach
  void serve() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(
                new ExplainGrpc.ExplainImplBase() {
                  @Override
                  public void auditNodes(NodeRequest request, StreamObserver<AuditResponse> to) {
                    answer(request, to);
                  }
                })
            .build()
            .start();
  }

  private void answer(NodeRequest request, StreamObserver<AuditResponse> to) {
    asked = request.getNode();
    if (end.isOk()) {
      to.onNext(answer.build());
      to.onCompleted();
    } else {
      to.onError(end.asRuntimeException());
    }
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
  }

  private int run(String... words) {
    List<String> all = new ArrayList<>(List.of("audit"));
    all.addAll(List.of(words));
    all.addAll(List.of("--collector", "127.0.0.1:" + server.getPort()));
    return cli.run(all.toArray(String[]::new));
  }

  private void report(AuditReport... reports) {
    List.of(reports).forEach(one -> answer.addReports(AuditCodec.encode(one)));
  }

  @Test
  void audit_findings_areToldErrorsFirstAndExitIs1() {
    report(BROKEN, HEALTHY);

    int exit = run();

    assertThat(exit).isEqualTo(1);
    assertThat(asked).isEmpty();
    String ascii = cli.out().replace("·", "-").replace("→", "->"); // As the locale has it.
    assertThat(ascii.lines().toList())
        .containsSubsequence(
            "node-a: 1 error, 1 warning, 2 checks made",
            "  ERROR    missing-rule-512  shop/web-0",
            "    - table main: 10.1.1.11 dev eni0a scope link",
            "    - rule 1536 from 10.1.1.21 lookup 2",
            "    -> delete the pod so that its controller makes it anew",
            "  WARNING  leaked-rule  10.1.1.13\\x1b[31m",
            "  not checked  pod-mtu: no pod's network namespace was read",
            "node-b: nothing found, 2 checks made",
            "2 nodes audited: 1 error, 1 warning");
    assertThat(cli.out().lines()).allMatch(line -> line.length() <= 80);
    assertThat(cli.out()).doesNotContain("\u001b");
  }

  @Test
  void audit_healthyNode_exitIs0() {
    report(HEALTHY);

    assertThat(run("node-b")).isZero();
    assertThat(asked).isEqualTo("node-b");
    assertThat(cli.out()).isEqualTo("node-b: nothing found, 2 checks made\n\n");
  }

  @Test
  void audit_wide_namesTheChecks() {
    report(HEALTHY);

    run("-o", "wide");

    assertThat(cli.out()).contains("checked      missing-rule-512, pod-mtu");
  }

  @Test
  void audit_json_hasAllOfIt() {
    report(BROKEN);
    answer.addSilentNodes("node-c: its agent is not connected");

    assertThat(run("-o", "json")).isEqualTo(1);

    JsonNode tree = JsonMapper.shared().readTree(cli.out());
    assertThat(tree.path("errors").asInt()).isEqualTo(1);
    JsonNode finding = tree.path("nodes").path(0).path("findings").path(1);
    assertThat(finding.path("id").asString()).isEqualTo("missing-rule-512");
    assertThat(finding.path("severity").asString()).isEqualTo("error");
    assertThat(finding.path("evidence").path(1).path("number").asInt()).isEqualTo(1536);
    assertThat(tree.path("silentNodes").path(0).asString()).startsWith("node-c: ");
  }

  @Test
  void audit_someNodeSilent_isSaidBesideTheOthers() {
    report(HEALTHY);
    answer.addSilentNodes("node-c: its agent is not connected");

    assertThat(run()).isZero();
    assertThat(cli.out())
        .contains("NOT AUDITED  node-c: its agent is not connected")
        .contains("1 node audited: 0 errors, 0 warnings; 1 node did not answer");
  }

  @Test
  void audit_noNodeAnswers_exitIs3() {
    answer.addSilentNodes("node-c: its agent is not connected");

    assertThat(run()).isEqualTo(3);
    assertThat(cli.out()).contains("NOT AUDITED  node-c");
  }

  @Test
  void audit_unknownNode_isWrongUsage() {
    end = Status.INVALID_ARGUMENT.withDescription("no node x; there is: node-a");

    assertThat(run("x")).isEqualTo(2);
    assertThat(cli.err()).isEqualTo("error: no node x; there is: node-a\n");
  }

  @Test
  void audit_noAgents_exitIs3() {
    end = Status.FAILED_PRECONDITION.withDescription("no agent has registered");

    assertThat(run()).isEqualTo(3);
    assertThat(cli.err()).isEqualTo("error: no agent has registered\n");
  }
}
