package io.podhop.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.describe.LoggedNode;
import io.podhop.model.TraceIds;
import io.podhop.wire.OtlpAttributes;
import io.podhop.wire.Schema;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AddTracesTest {
  private static final Instant ADDED = Instant.parse("2026-03-01T10:00:00Z");
  private static final String CID = LoggedNode.WEB_CID;

  private final List<ExportTraceServiceRequest> shipped = new ArrayList<>();
  private final AddTraces traces = new AddTraces(ADDED.plusSeconds(60), shipped::add);

  @TempDir Path directory;

  private static LoggedNode called(LoggedNode node) {
    return node.plugin(
            "2026-03-01T10:00:00.000Z",
            "Received CNI add request: ContainerID("
                + CID
                + ") Netns(/n/web) IfName(eth0)"
                + " Args(IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0)"
                + " Path(/opt/cni/bin) argsStdinData({})")
        .ipamd(
            "2026-03-01T10:00:00.010Z",
            "AddNetworkRequest: K8S_POD_NAME:\"web-0\" K8S_POD_NAMESPACE:\"shop\" ContainerID:\""
                + CID
                + "\" IfName:\"eth0\" Netns:\"/n/web\"");
  }

  private static LoggedNode wired() {
    return called(
            new LoggedNode()
                .ipamd(
                    "2026-03-01T09:00:00.000Z",
                    "Added ENI(eni-0bb)'s IP/Prefix 10.1.2.0/28 to datastore"))
        .assigned("2026-03-01T10:00:00.020Z", "10.1.2.3", CID, "web-0")
        .plugin(
            "2026-03-01T10:00:00.040Z",
            "SetupPodNetwork: hostVethName=eni1, contVethName=eth0, netnsPath=/n/web,"
                + " ipAddr=10.1.2.3/32, routeTableNumber=2, mtu=9001")
        .plugin(
            "2026-03-01T10:00:00.060Z",
            "Successfully setup fromContainer rule, containerAddr=10.1.2.3/32, rtTable=2");
  }

  private static List<Span> spans(ExportTraceServiceRequest request) {
    return request.getResourceSpansList().stream()
        .flatMap(resource -> resource.getScopeSpansList().stream())
        .flatMap(scope -> scope.getSpansList().stream())
        .toList();
  }

  private static String text(Span span, String name) {
    return OtlpAttributes.find(span.getAttributesList(), name).orElseThrow().getStringValue();
  }

  private static long ms(Span span) {
    return (span.getEndTimeUnixNano() - span.getStartTimeUnixNano()) / 1_000_000;
  }

  @Test
  void see_wiredPod_oneTraceWithASpanPerStep() {
    traces.see(wired().view(directory), ADDED.plusSeconds(3));

    ResourceSpans resource = shipped.getFirst().getResourceSpansList().getFirst();
    assertThat(
            OtlpAttributes.find(resource.getResource().getAttributesList(), Schema.SERVICE_NAME)
                .orElseThrow()
                .getStringValue())
        .isEqualTo("web");
    List<Span> spans = spans(shipped.getFirst());
    assertThat(spans)
        .extracting(Span::getName)
        .containsExactly(
            "cni add shop/web-0",
            "AddNetwork received",
            "address assigned",
            "veth begun",
            "veth ready");
    assertThat(spans).extracting(AddTracesTest::ms).containsExactly(60L, 10L, 10L, 20L, 20L);
    Span root = spans.getFirst();
    assertThat(HexFormat.of().formatHex(root.getTraceId().toByteArray()))
        .isEqualTo(TraceIds.ofAdd("node-a", CID));
    assertThat(root.getParentSpanId().isEmpty()).isTrue();
    assertThat(spans.subList(1, 5))
        .allSatisfy(span -> assertThat(span.getParentSpanId()).isEqualTo(root.getSpanId()));
    assertThat(text(root, Schema.POD_NAME)).isEqualTo("web-0");
    assertThat(text(root, Schema.POD_NAMESPACE)).isEqualTo("shop");
    assertThat(text(root, Schema.POD_ADDRESS)).isEqualTo("10.1.2.3");
    assertThat(text(root, Schema.ENI_ID)).isEqualTo("eni-0bb");
    assertThat(text(root, Schema.ADD_SANDBOX)).isEqualTo(CID);
    assertThat(text(root, Schema.ADD_END)).isEqualTo("wired");
    assertThat(text(spans.get(2), Schema.ADD_EVIDENCE)).startsWith("ipamd.log: ");
    assertThat(root.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_UNSET);
    assertThat(traces.count(AddTraces.End.WIRED)).isEqualTo(1);
  }

  @Test
  void see_againOrAfterARestart_onceOrUnderTheSameIds() {
    NodeView view = wired().view(directory);
    traces.see(view, ADDED.plusSeconds(3));
    traces.see(view, ADDED.plusSeconds(4));
    assertThat(shipped).hasSize(1);

    new AddTraces(ADDED.plusSeconds(200), shipped::add).see(view, ADDED.plusSeconds(200));
    assertThat(shipped).hasSize(2);
    assertThat(shipped.getLast()).isEqualTo(shipped.getFirst());
  }

  @Test
  void see_tooEarlyOrTooOld_nothing() {
    NodeView view = wired().view(directory);

    traces.see(view, ADDED.plusMillis(1_000));
    new AddTraces(ADDED.plusSeconds(301), shipped::add).see(view, ADDED.plusSeconds(301));

    assertThat(shipped).isEmpty();
  }

  @Test
  void see_noAddress_errorWithIpamdsReason() {
    LoggedNode node =
        called(
                new LoggedNode()
                    .ipamd(
                        "2026-03-01T09:59:59.000Z",
                        "Failed to allocate a private IP/Prefix addresses on ENI eni-0bb: operation"
                            + " error EC2: AssignPrivateIpAddresses, api error"
                            + " InsufficientFreeAddressesInSubnet: no room"))
            .ipamd(
                "2026-03-01T10:00:00.030Z",
                "Send AddNetworkReply: Success: false, err: AssignPodIPv4Address: no available IP"
                    + " addresses");

    traces.see(node.view(directory), ADDED.plusSeconds(3));

    List<Span> spans = spans(shipped.getFirst());
    Span root = spans.getFirst();
    Span failed = spans.getLast();
    assertThat(failed.getName()).isEqualTo("no address");
    assertThat(List.of(root, failed))
        .allSatisfy(
            span -> {
              assertThat(span.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
              assertThat(span.getStatus().getMessage())
                  .startsWith("no address: the subnet has no free addresses (");
            });
    assertThat(text(root, Schema.ADD_REASON)).isEqualTo("subnet");
    assertThat(text(root, Schema.ADD_END)).isEqualTo("failed");
    assertThat(traces.count(AddTraces.End.FAILED)).isEqualTo(1);
  }

  @Test
  void see_endNeverLogged_toldAfterPatienceAsUnfinished() {
    NodeView view =
        called(new LoggedNode())
            .assigned("2026-03-01T10:00:00.020Z", "10.1.2.3", CID, "web-0")
            .view(directory);

    traces.see(view, ADDED.plusSeconds(29));
    assertThat(shipped).isEmpty();
    traces.see(view, ADDED.plusSeconds(31));

    assertThat(text(spans(shipped.getFirst()).getFirst(), Schema.ADD_END)).isEqualTo("unfinished");
  }
}
