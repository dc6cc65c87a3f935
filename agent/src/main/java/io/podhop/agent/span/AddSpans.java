package io.podhop.agent.span;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.podhop.agent.span.SpanRecorder.Draft;
import io.podhop.agent.span.SpanRecorder.Times;
import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import io.podhop.model.PodRef;
import io.podhop.model.TraceIds;
import io.podhop.wire.AddressCodec;
import io.podhop.wire.Schema;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the CNI did to add a pod, as a trace of its own.
 *
 * @param service {@code namespace/workload} of the pod, or the node when nothing names the pod
 * @param eni id of the ENI that the address belongs to; empty when not known
 * @param end how it ended, in a word
 * @param reason why there was no address, in a word; empty when it was not that
 * @param error what failed, for people; empty when nothing did
 * @param steps in order of time, at least one
 */
public record AddSpans(
    String node,
    String service,
    Optional<PodRef> pod,
    String containerId,
    Optional<IpAddress> address,
    String eni,
    String end,
    String reason,
    String error,
    List<Step> steps) {
  public AddSpans {
    steps = List.copyOf(steps);
    if (steps.isEmpty()) {
      throw new IllegalArgumentException("an ADD without steps");
    }
  }

  /**
   * A step.
   *
   * @param evidence the line that ends it
   * @param failed it is where the ADD failed
   */
  public record Step(String name, Instant from, Instant to, Citation evidence, boolean failed) {}

  /** The whole ADD, and under it a span per step. */
  public List<SpanData> spans() {
    String traceId = TraceIds.ofAdd(node, containerId);
    try (SpanRecorder recorder = new SpanRecorder(traceId, node)) {
      String root = TraceIds.spanId(traceId, node, "add");
      recorder.record(draft(root, "", name(), times(), attributes(), error));
      for (Step step : steps) {
        recorder.record(
            draft(
                TraceIds.spanId(traceId, node, "add " + step.name()),
                root,
                step.name(),
                new Times(AddressCodec.nanos(step.from()), AddressCodec.nanos(step.to())),
                Attributes.builder().put(Schema.ADD_EVIDENCE, step.evidence().toString()).build(),
                step.failed() ? error : ""));
      }
      return recorder.spans();
    }
  }

  private String name() {
    return "cni add " + pod.map(PodRef::toString).orElse("sandbox " + containerId);
  }

  private Times times() {
    return new Times(
        AddressCodec.nanos(steps.getFirst().from()), AddressCodec.nanos(steps.getLast().to()));
  }

  private Draft draft(
      String id, String parent, String name, Times times, Attributes attributes, String failure) {
    return new Draft(id, parent, service, name, SpanKind.INTERNAL, times, attributes, failure);
  }

  private Attributes attributes() {
    AttributesBuilder attributes = Attributes.builder();
    attributes.put(Schema.ADD_SANDBOX, containerId).put(Schema.ADD_END, end);
    pod.ifPresent(
        ref ->
            attributes.put(Schema.POD_NAME, ref.name()).put(Schema.POD_NAMESPACE, ref.namespace()));
    address.ifPresent(got -> attributes.put(Schema.POD_ADDRESS, got.toString()));
    if (!eni.isEmpty()) {
      attributes.put(Schema.ENI_ID, eni);
    }
    if (!reason.isEmpty()) {
      attributes.put(Schema.ADD_REASON, reason);
    }
    return attributes.build();
  }
}
