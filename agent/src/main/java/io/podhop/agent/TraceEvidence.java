package io.podhop.agent;

import io.podhop.agent.correlate.Conversation;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.evidence.Evidence;
import io.podhop.agent.evidence.EvidenceRequest;
import io.podhop.agent.evidence.EvidenceWatch;
import io.podhop.agent.evidence.PacketSighting;
import io.podhop.agent.evidence.PodPlace;
import io.podhop.agent.flow.FlowRecord;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeEvidence;
import io.podhop.model.PodInfo;
import io.podhop.v1.Arm;
import io.podhop.wire.ModelCodec;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the node looks up for one trace, on a thread beside those that capture and ship. */
final class TraceEvidence implements AutoCloseable {
  /** How long arming waits for it at most. */
  private static final long BEGIN_MS = 250;

  private static final long END_MS = 2_000;
  private static final Executor BESIDE =
      work -> Thread.ofPlatform().daemon().name("podhop-evidence").start(work);
  private static final Logger LOG = LoggerFactory.getLogger(TraceEvidence.class);

  private final String node;
  private final CompletableFuture<EvidenceWatch> begun;

  private TraceEvidence(String node, CompletableFuture<EvidenceWatch> begun) {
    this.node = node;
    this.begun = begun;
  }

  /** Begins in the background. */
  static TraceEvidence begin(Evidence evidence, Arm arm, NodeView view, List<Tap> taps) {
    EvidenceRequest request = request(arm, view, taps);
    return new TraceEvidence(
        view.inventory().node(),
        CompletableFuture.supplyAsync(() -> evidence.begin(request), BESIDE));
  }

  private static EvidenceRequest request(Arm arm, NodeView view, List<Tap> taps) {
    Set<IpAddress> destinations =
        arm.getDestinationAddressesList().stream()
            .map(ModelCodec::decode)
            .collect(Collectors.toSet());
    List<PodInfo> pods = arm.getPodsList().stream().map(name -> Tap.pod(view, name)).toList();
    return new EvidenceRequest(
        taps.stream().map(Tap::point).toList(),
        pods.stream().map(TraceEvidence::place).toList(),
        pods.stream()
            .filter(pod -> pod.addresses().stream().anyMatch(destinations::contains))
            .map(TraceEvidence::place)
            .toList(),
        ModelCodec.protocol(arm.getProtocol()),
        new HashSet<>(arm.getPortsList()));
  }

  private static PodPlace place(PodInfo pod) {
    return new PodPlace(pod.ref(), pod.pid(), pod.netnsInode());
  }

  /** Returns when it has begun, or has taken so long that the trace shall not wait for it. */
  void awaitBegun() {
    try {
      var _ = begun.get(BEGIN_MS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      var _ =
          begun.thenAccept(
              watch -> watch.lacks("the node was looked at only some moments after arming"));
    } catch (ExecutionException e) {
      LOG.warn("cannot look the node up for a trace", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Looks again, in the background. */
  CompletableFuture<NodeEvidence> end(
      List<PacketSighting> sightings, List<Conversation> conversations) {
    Set<FlowKey> tuples = tuples(conversations);
    return begun.thenApplyAsync(watch -> watch.end(sightings, tuples), BESIDE);
  }

  /** The result of {@link #end}, or that there is none. */
  NodeEvidence await(CompletableFuture<NodeEvidence> found) {
    try {
      return found.get(END_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return nothing("the agent is stopping");
    } catch (TimeoutException e) {
      return nothing("the node could not be looked up within " + END_MS + " ms");
    } catch (ExecutionException e) {
      LOG.warn("cannot look the node up for a trace", e);
      return nothing("the node could not be looked up: " + e.getMessage());
    }
  }

  private NodeEvidence nothing(String why) {
    return new NodeEvidence(
        node, List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of(why));
  }

  private static Set<FlowKey> tuples(List<Conversation> conversations) {
    Set<FlowKey> tuples = new HashSet<>();
    for (Conversation conversation : conversations) {
      tuples.add(conversation.before());
      tuples.add(conversation.after());
      conversation.records().stream().map(FlowRecord::key).forEach(tuples::add);
    }
    return tuples;
  }

  /** Nothing stays in the kernel: at once, or as soon as it has begun. */
  @Override
  public void close() {
    var _ = begun.thenAccept(EvidenceWatch::close);
  }
}
