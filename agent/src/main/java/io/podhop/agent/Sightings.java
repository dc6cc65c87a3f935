package io.podhop.agent;

import io.podhop.agent.decode.PacketView;
import io.podhop.agent.evidence.PacketSighting;
import io.podhop.model.ObservationPoint;
import java.util.ArrayList;
import java.util.List;

/** The packets that a trace's captures saw, one by one. Owned by the capture thread. */
final class Sightings {
  /** More would tell nothing new of why packets of one conversation are dropped. */
  static final int MAX_PACKETS = 16_384;

  private final List<PacketSighting> seen = new ArrayList<>();

  void add(ObservationPoint point, PacketView packet, long timestampNs, int wireLength) {
    if (seen.size() < MAX_PACKETS) {
      packet
          .flowKey()
          .ifPresent(tuple -> seen.add(new PacketSighting(point, tuple, timestampNs, wireLength)));
    }
  }

  List<PacketSighting> all() {
    return List.copyOf(seen);
  }
}
