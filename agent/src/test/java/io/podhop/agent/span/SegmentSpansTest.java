package io.podhop.agent.span;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.podhop.model.TraceIds;
import io.podhop.wire.Schema;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SegmentSpansTest {
  @Test
  void of_sourceSegment_hasRootConnectCrossingsFirstByteAndClose() {
    Map<String, SpanData> spans = byName(SegmentSpans.of(SegmentFixture.source()));

    assertThat(spans.keySet())
        .containsExactlyInAnyOrder(
            "tcp shop/web → shop/db:5432",
            "connect",
            "SYN pod eth0 → host veth",
            "SYN host veth → eth1",
            "SYN-ACK eth1 → host veth",
            "SYN-ACK host veth → pod eth0",
            "first byte",
            "close");
    SpanData root = spans.get("tcp shop/web → shop/db:5432");
    assertThat(root.getKind()).isEqualTo(SpanKind.CLIENT);
    assertThat(root.getSpanId()).isEqualTo(TraceIds.rootSpanId(SegmentFixture.TRACE));
    assertThat(root.getParentSpanContext().isValid()).isFalse();
    assertThat(root.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    assertThat(root.getStartEpochNanos()).isEqualTo(1_000);
    assertThat(root.getEndEpochNanos()).isEqualTo(510_000);
    assertThat(text(root, Schema.SERVER_ADDRESS)).isEqualTo("192.168.33.7");
    assertThat(spans.get("connect").getParentSpanId()).isEqualTo(root.getSpanId());
    assertThat(spans.get("connect").getEndEpochNanos()).isEqualTo(236_000);
    assertThat(text(spans.get("close"), Schema.CLOSED_BY)).isEqualTo("FIN by server");
  }

  @Test
  void of_crossing_lastsFromPointToPointAndCitesTheRule() {
    SpanData crossing =
        byName(SegmentSpans.of(SegmentFixture.source())).get("SYN host veth → eth1");

    assertThat(crossing.getStartEpochNanos()).isEqualTo(7_000);
    assertThat(crossing.getEndEpochNanos()).isEqualTo(21_000);
    assertThat(text(crossing, Schema.INTERFACE_NAME)).isEqualTo("eth1");
    assertThat(text(crossing, Schema.NAT_CHAIN)).isEqualTo("nat/AWS-SNAT-CHAIN-0");
    assertThat(crossing.getAttributes().get(AttributeKey.longKey(Schema.NAT_RULE_NUMBER)))
        .isEqualTo(1);
    assertThat(text(crossing, Schema.LOCAL_ADDRESS)).isEqualTo("192.168.1.21");
  }

  @Test
  void of_destinationSegment_acceptsUnderTheSpanItNeverSaw() {
    Map<String, SpanData> near = byName(SegmentSpans.of(SegmentFixture.source()));
    Map<String, SpanData> far = byName(SegmentSpans.of(SegmentFixture.destination()));

    assertThat(far.keySet())
        .containsExactlyInAnyOrder(
            "SYN eth0 → host veth",
            "SYN host veth → pod eth0",
            "SYN-ACK pod eth0 → host veth",
            "SYN-ACK host veth → eth0",
            "accept");
    SpanData accept = far.get("accept");
    assertThat(accept.getKind()).isEqualTo(SpanKind.SERVER);
    assertThat(accept.getTraceId()).isEqualTo(near.get("connect").getTraceId());
    assertThat(accept.getParentSpanId()).isEqualTo(near.get("connect").getSpanId());
    assertThat(accept.getResource().getAttribute(AttributeKey.stringKey(Schema.SERVICE_NAME)))
        .isEqualTo("db");
    assertThat(
            near.get("connect")
                .getResource()
                .getAttribute(AttributeKey.stringKey(Schema.SERVICE_NAME)))
        .isEqualTo("web");
  }

  @Test
  void of_pointThatNeverSawIt_isASpanInErrorWithItsProof() {
    Map<String, SpanData> spans = byName(SegmentSpans.of(SegmentFixture.lostAtTheEni()));

    SpanData lost = spans.get("SYN host veth → eth1");
    assertThat(lost.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
    assertThat(lost.getStatus().getDescription())
        .isEqualTo("seen at node-a eniaa, never at node-a eth1 (capture there was complete)");
    assertThat(lost.getAttributes().get(AttributeKey.booleanKey(Schema.HOP_SEEN))).isFalse();
    assertThat(lost.getAttributes().get(AttributeKey.booleanKey(Schema.COVERAGE_COMPLETE)))
        .isTrue();
    assertThat(spans.get("tcp shop/web → shop/db:5432").getStatus().getStatusCode())
        .isEqualTo(StatusCode.ERROR);
  }

  @Test
  void of_sameSegmentTwice_givesTheSameIds() {
    assertThat(SegmentSpans.of(SegmentFixture.source()).stream().map(SpanData::getSpanId))
        .containsExactlyElementsOf(
            SegmentSpans.of(SegmentFixture.source()).stream().map(SpanData::getSpanId).toList())
        .doesNotHaveDuplicates();
  }

  private static String text(SpanData span, String attribute) {
    return span.getAttributes().get(AttributeKey.stringKey(attribute));
  }

  private static Map<String, SpanData> byName(List<SpanData> spans) {
    return spans.stream().collect(Collectors.toMap(SpanData::getName, Function.identity()));
  }
}
