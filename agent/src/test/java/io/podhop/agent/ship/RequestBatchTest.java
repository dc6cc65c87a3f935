package io.podhop.agent.ship;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestBatchTest {
  private final List<ExportTraceServiceRequest> shipped = new ArrayList<>();
  private final RequestBatch batch = new RequestBatch(shipped::add);

  private static ExportTraceServiceRequest request(String mark, int bytes) {
    return ExportTraceServiceRequest.newBuilder()
        .addResourceSpans(ResourceSpans.newBuilder().setSchemaUrl(mark + "x".repeat(bytes)))
        .build();
  }

  private static List<String> marks(ExportTraceServiceRequest request) {
    return request.getResourceSpansList().stream()
        .map(spans -> spans.getSchemaUrl().substring(0, 1))
        .toList();
  }

  @Test
  void flush_afterTheFirstHasWaited_shipsAllInOrderOnce() {
    batch.add(request("a", 0), 100);
    batch.add(request("b", 0), 100 + RequestBatch.MAX_WAIT_NS - 1);
    batch.flush(100 + RequestBatch.MAX_WAIT_NS - 1);
    assertThat(shipped).isEmpty();

    batch.flush(100 + RequestBatch.MAX_WAIT_NS);
    batch.flush(100 + 9 * RequestBatch.MAX_WAIT_NS);
    assertThat(shipped).extracting(RequestBatchTest::marks).containsExactly(List.of("a", "b"));
  }

  @Test
  void add_beyondTheSizeOfAMessage_shipsWhatWaitedAndHoldsTheNew() {
    batch.add(request("a", RequestBatch.MAX_BYTES - 100), 0);
    batch.add(request("b", 100), 1);
    assertThat(shipped).extracting(RequestBatchTest::marks).containsExactly(List.of("a"));

    batch.flush();
    assertThat(shipped)
        .extracting(RequestBatchTest::marks)
        .containsExactly(List.of("a"), List.of("b"));
  }

  @Test
  void add_oneLargerThanAMessage_isShippedAlone() {
    batch.add(request("a", 2 * RequestBatch.MAX_BYTES), 0);
    batch.add(request("b", 0), 1);
    assertThat(shipped).extracting(RequestBatchTest::marks).containsExactly(List.of("a"));
  }
}
