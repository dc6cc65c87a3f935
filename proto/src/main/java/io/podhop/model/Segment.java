package io.podhop.model;

import java.util.List;
import java.util.Optional;

/**
 * What one node saw of one connection.
 *
 * @param traceId 32 hex digits, see {@link TraceIds}
 * @param side which end of the connection this node holds
 * @param client the tuple as the client's end of this node sees it, in request direction
 * @param wire the tuple between the nodes (after the sending node's NAT), in request direction
 * @param hops in the order the packets took them: requests first, then replies
 * @param owningEni interface name of the ENI that owns the wire source address by ipamd's word;
 *     empty when unknown or not on this node
 * @param notes evidence lines that belong to no single hop
 * @param outcome what this node's own flow counters say of it beyond what its hops show; only when
 *     it was watched from its beginning to its end
 */
public record Segment(
    String traceId,
    Identity identity,
    String node,
    Side side,
    Endpoint source,
    Endpoint destination,
    FlowKey client,
    FlowKey wire,
    List<Hop> hops,
    List<PointCoverage> coverage,
    Translation translation,
    String owningEni,
    List<String> notes,
    Optional<Flow.Outcome> outcome) {
  /** Which ends of a connection a node holds. */
  public enum Side {
    SOURCE,
    DESTINATION,
    /** Both pods are on this node. */
    BOTH,
    /** Neither: a NodePort's middle node. */
    TRANSIT
  }

  public Segment {
    hops = List.copyOf(hops);
    coverage = List.copyOf(coverage);
    notes = List.copyOf(notes);
  }

  /** The same segment with an outcome. */
  public Segment with(Flow.Outcome known) {
    return new Segment(
        traceId,
        identity,
        node,
        side,
        source,
        destination,
        client,
        wire,
        hops,
        coverage,
        translation,
        owningEni,
        notes,
        Optional.of(known));
  }
}
