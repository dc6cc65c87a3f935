package io.podhop.collector.explain;

import io.podhop.model.FlowKey;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Tracked;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the nodes' conntracks would hold by then, as the legs before leave it. */
final class Conntracks {
  private final Map<String, List<Tracked>> entries = new HashMap<>();

  /** The entry that a packet belongs to, in either direction, as the kernel looks it up. */
  Optional<Tracked> of(String node, FlowKey packet) {
    return entries.getOrDefault(node, List.of()).stream()
        .filter(t -> packet.equals(t.before()) || packet.equals(t.after().reversed()))
        .findFirst();
  }

  void learn(PredictedLeg leg) {
    leg.tracked()
        .ifPresent(
            tracked -> {
              List<Tracked> known = entries.computeIfAbsent(leg.node(), _ -> new ArrayList<>());
              known.removeIf(t -> t.before().equals(tracked.before()));
              known.add(tracked);
            });
  }
}
