package io.podhop.collector.export;

import static io.podhop.model.Direction.REQUEST;
import static io.podhop.model.PacketKind.SYN;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.podhop.collector.fixture.Scene;
import io.podhop.collector.fixture.SegmentRequests;
import io.podhop.collector.fixture.Shop;
import io.podhop.collector.stitch.Attempt;
import io.podhop.collector.stitch.StitchedScene;
import io.podhop.model.Protocol;
import io.podhop.model.Trace;
import io.podhop.model.TraceIds;
import io.podhop.wire.OtlpAttributes;
import io.podhop.wire.Schema;
import java.util.List;
import org.junit.jupiter.api.Test;

class TraceSpansTest {
  private static List<NodeSpans> nodeSpans(Scene scene) {
    return scene.segments().stream()
        .map(s -> new NodeSpans(s.node(), SegmentRequests.of(s).getResourceSpansList()))
        .toList();
  }

  private static List<Span> all(List<ResourceSpans> resources) {
    return resources.stream()
        .flatMap(resource -> resource.getScopeSpansList().stream())
        .flatMap(scope -> scope.getSpansList().stream())
        .toList();
  }

  private static String text(Span span, String name) {
    return OtlpAttributes.find(span.getAttributesList(), name).orElseThrow().getStringValue();
  }

  private static Span named(List<Span> spans, String name) {
    return spans.stream().filter(s -> s.getName().equals(name)).findFirst().orElseThrow();
  }

  private static boolean isError(Span span) {
    return span.getStatus().getCode() == Status.StatusCode.STATUS_CODE_ERROR;
  }

  @Test
  void of_deliveredAcrossNodes_crossesTheVpcOnOneClock() {
    Scene scene = Scene.webToDb().skew(9_000_000_000L).handshake();
    List<Span> spans = all(TraceSpans.of(StitchedScene.trace(scene), nodeSpans(scene)));
    Span crossing = named(spans, "SYN VPC: node-a eth1 → node-b eth0");
    assertThat(crossing.getEndTimeUnixNano() - crossing.getStartTimeUnixNano())
        .isEqualTo(10 * Scene.US);
    assertThat(crossing.getParentSpanId())
        .isEqualTo(SegmentRequests.bytes(TraceIds.spanId(scene.traceId(), "", "connect")));
    assertThat(crossing.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_INTERNAL);
    Span accept = named(spans, "accept");
    assertThat(accept.getStartTimeUnixNano()).isEqualTo(Scene.START + 30 * Scene.US);
    assertThat(
            OtlpAttributes.find(accept.getAttributesList(), Schema.CLOCK_OFFSET_NS)
                .orElseThrow()
                .getIntValue())
        .isEqualTo(9_000_000_000L);
    assertThat(spans).noneMatch(TraceSpansTest::isError);
    assertThat(text(named(spans, "tcp web → db"), Schema.VERDICT)).isEqualTo("delivered");
  }

  @Test
  void of_sameInputTwice_givesTheSameSpans() {
    Scene scene = Scene.webToDb().handshake();
    Trace trace = StitchedScene.trace(scene);
    assertThat(TraceSpans.of(trace, nodeSpans(scene)))
        .isEqualTo(TraceSpans.of(trace, nodeSpans(scene)));
  }

  @Test
  void of_lostBeyondTheNode_hasAnErrorSpanIntoTheDark() {
    Scene scene =
        new Scene(Shop.web(), Shop.internet(), Protocol.TCP)
            .armed(Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH0, Shop.A_ETH1)
            .pass(REQUEST, SYN, 0, Shop.WEB_POD, Shop.WEB_VETH, Shop.A_ETH1);
    List<Span> spans = all(TraceSpans.of(StitchedScene.trace(scene), nodeSpans(scene)));
    Span lost = named(spans, "SYN VPC: node-a eth1 → beyond");
    assertThat(isError(lost)).isTrue();
    assertThat(text(lost, Schema.ERROR_TYPE)).isEqualTo("lost-in-vpc");
  }

  @Test
  void of_nothingSeen_makesRootAndTheLostCrossing() {
    Trace trace = StitchedScene.trace(Scene.webToDb(), Attempt.Outcome.TIMEOUT);
    List<ResourceSpans> resources = TraceSpans.of(trace, List.of());
    List<Span> spans = all(resources);
    assertThat(spans)
        .extracting(Span::getName)
        .containsExactly("tcp shop/web → shop/db:5432", "lost: never seen → web eth0");
    Span root = spans.getFirst();
    assertThat(root.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_CLIENT);
    assertThat(root.getParentSpanId().isEmpty()).isTrue();
    assertThat(text(root, Schema.ERROR_TYPE)).isEqualTo("lost-in-pod");
    assertThat(spans).allMatch(TraceSpansTest::isError);
    assertThat(
            OtlpAttributes.find(
                    resources.getFirst().getResource().getAttributesList(), Schema.SERVICE_NAME)
                .orElseThrow()
                .getStringValue())
        .isEqualTo("web");
  }

  @Test
  void of_sourceAgentMissing_makesTheRootAndHangsCrossingsOnIt() {
    Scene scene = Scene.webToDb().handshake();
    List<NodeSpans> far =
        List.of(
            new NodeSpans(
                Shop.NODE_B,
                SegmentRequests.of(scene.segment(Shop.NODE_B)).getResourceSpansList()));
    List<Span> spans = all(TraceSpans.of(StitchedScene.trace(scene), far));
    Span root = named(spans, "tcp shop/web → shop/db:5432");
    assertThat(root.getSpanId())
        .isEqualTo(SegmentRequests.bytes(TraceIds.rootSpanId(scene.traceId())));
    assertThat(named(spans, "SYN VPC: node-a eth1 → node-b eth0").getParentSpanId())
        .isEqualTo(root.getSpanId());
  }
}
