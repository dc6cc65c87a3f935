package io.podhop.cli.render;

import io.podhop.model.Direction;
import io.podhop.model.Hop;
import io.podhop.model.PacketKind;
import io.podhop.model.Trace;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.List;

/** One packet's way: consecutive steps of one kind and direction. */
record Section(Direction direction, PacketKind packet, List<Step> steps) {
  static List<Section> of(Trace trace) {
    List<Section> sections = new ArrayList<>();
    for (Step step : Step.of(trace)) {
      Hop hop = step.hop();
      if (sections.isEmpty() || !sections.getLast().holds(hop)) {
        sections.add(new Section(hop.direction(), hop.packet(), new ArrayList<>()));
      }
      sections.getLast().steps().add(step);
    }
    return sections;
  }

  /** Whether the verdict is about this packet, so that every step of it matters. */
  boolean concerns(Verdict verdict) {
    return verdict.id() != Verdict.Id.DELIVERED
        && (direction == verdict.direction() || observed() < steps.size());
  }

  long observed() {
    return steps.stream().filter(step -> step.hop() instanceof Hop.Observed).count();
  }

  private boolean holds(Hop hop) {
    return hop.direction() == direction && hop.packet() == packet;
  }
}
