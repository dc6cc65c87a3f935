package io.podhop.collector.stitch;

import io.podhop.model.ClockOffset;
import io.podhop.model.Endpoint;
import io.podhop.model.NodeEvidence;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Protocol;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What was known of a connection before anything was captured.
 *
 * @param source a pod or a node
 * @param destination as asked for: a pod, a node, a service, an address
 * @param targets pods or nodes the connection may really end at; empty when nobody watches there
 * @param missingNodes nodes whose agents should have watched and did not
 * @param attempt absent when live traffic was watched
 * @param notes evidence lines beside what segments say
 * @param predicted the way the connection should have taken, in packet order; empty when unknown
 * @param looked what the nodes looked up while it was traced
 * @param offsets remembered clock offsets of other nodes, seen from the source's node
 */
public record TraceContext(
    Protocol protocol,
    Endpoint source,
    Endpoint destination,
    List<Endpoint> targets,
    List<String> missingNodes,
    Optional<Attempt> attempt,
    List<String> notes,
    List<PredictedLeg> predicted,
    List<NodeEvidence> looked,
    Map<String, ClockOffset> offsets) {
  public TraceContext {
    targets = List.copyOf(targets);
    missingNodes = List.copyOf(missingNodes);
    notes = List.copyOf(notes);
    predicted = List.copyOf(predicted);
    looked = List.copyOf(looked);
    offsets = Map.copyOf(offsets);
  }
}
