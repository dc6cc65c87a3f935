package io.podhop.model;

import java.util.Optional;

/**
 * A packet where one node's part of its way begins.
 *
 * @param packet in the packet's own direction, as it enters
 * @param tracked what this node's conntrack knows of the connection; empty for its first packet
 * @param length bytes of the IP packet, for the MTU; 0 for one that is small
 */
public record LegQuery(
    Direction direction, FlowKey packet, Entry entry, Optional<Tracked> tracked, int length) {
  /** Where the packet comes from. */
  public sealed interface Entry {}

  /** A pod of this node sends it. */
  public record FromPod(PodRef pod) implements Entry {}

  /** It comes out of the VPC. */
  public record FromEni(String interfaceName) implements Entry {}

  /** A process of the node itself sends it. */
  public record FromNode() implements Entry {}
}
