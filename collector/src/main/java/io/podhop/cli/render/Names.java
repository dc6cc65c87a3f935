package io.podhop.cli.render;

import io.podhop.model.Direction;
import io.podhop.model.Endpoint;
import io.podhop.model.Explanation;
import io.podhop.model.FlowKey;
import io.podhop.model.Hop;
import io.podhop.model.IpAddress;
import io.podhop.model.Owner;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Role;
import io.podhop.model.Trace;
import java.util.HashMap;
import java.util.Map;

/** Who the addresses of an answer belong to, from everything the answer itself says. */
final class Names {
  private final Map<IpAddress, String> labels = new HashMap<>();

  Names(TraceReport report, Trace trace) {
    String source = trace.source().owner().label();
    for (Hop hop : trace.hops()) {
      if (hop instanceof Hop.Observed seen && !seen.point().owner().equals(source)) {
        fromServerPod(seen);
      }
    }
    add(trace.source());
    add(trace.destination());
    add(report.source());
    add(report.destination());
  }

  Names(Explanation explanation) {
    for (PredictedLeg leg : explanation.legs()) {
      if (leg.direction() == Direction.REQUEST
          && leg.fate() instanceof PredictedLeg.Arrives(String at)) {
        labels.put(leg.leaving().destination(), at);
      }
    }
    add(explanation.source());
    add(explanation.destination());
  }

  /** The owner of an address; empty when nothing names it. */
  String of(IpAddress address) {
    return labels.getOrDefault(address, "");
  }

  private void add(Endpoint endpoint) {
    boolean named =
        switch (endpoint.owner()) {
          case Owner.Pod _, Owner.Node _, Owner.Service _ -> true;
          case Owner.External external -> !external.name().isEmpty();
          case Owner.Unknown _ -> false;
        };
    if (named) {
      labels.put(endpoint.address(), endpoint.owner().label());
    }
  }

  /** A request seen inside a pod that did not send it is addressed to that pod. */
  private void fromServerPod(Hop.Observed seen) {
    if (seen.point().role() == Role.POD_ETH0 && !seen.point().owner().isEmpty()) {
      FlowKey tuple = seen.tuple();
      boolean request = seen.direction() == Direction.REQUEST;
      labels.put(request ? tuple.destination() : tuple.source(), seen.point().owner());
    }
  }
}
