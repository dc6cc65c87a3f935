package io.podhop.collector.trace;

import io.podhop.collector.ingest.Delivery;
import io.podhop.model.Trace;
import java.util.List;

/** A finished trace and the deliveries it was made of: what storing and exporting need. */
public record StitchedTrace(Trace trace, List<Delivery> deliveries) {
  public StitchedTrace {
    deliveries = List.copyOf(deliveries);
  }
}
