package io.podhop.collector.explain;

import io.podhop.model.PredictedLeg;
import io.podhop.model.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The course of a connection to one endpoint.
 *
 * @param reply empty when there would be none
 */
record Course(Way request, Optional<Way> reply, Verdict verdict, List<String> notes) {
  Course {
    notes = List.copyOf(notes);
  }

  /** In packet order. */
  List<PredictedLeg> legs() {
    return Stream.concat(Stream.of(request), reply.stream())
        .flatMap(way -> way.legs().stream())
        .toList();
  }
}
