package io.podhop.e2e;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer of {@code podhop trace -o json}, by its documented keys; {@code error} and {@code
 * reason} alone when nothing could be traced.
 */
record Answer(
    End source,
    End destination,
    String protocol,
    List<String> nodes,
    List<String> warnings,
    int connections,
    int delivered,
    Verdict verdict,
    List<Trace> traces,
    @Nullable String error,
    @Nullable String reason) {
  record End(String address, int port, String label, String kind, String node, String eni) {}

  record Tuple(
      String protocol, String source, int sourcePort, String destination, int destinationPort) {
    @Override
    public String toString() {
      return source + ":" + sourcePort + " > " + destination + ":" + destinationPort;
    }
  }

  record Citation(String source, String place, int number, String text) {}

  record Coverage(boolean complete) {}

  record Hop(
      String point,
      String node,
      String role,
      String owner,
      String direction,
      String packet,
      String seen,
      @Nullable Tuple tuple,
      long timeNs,
      int copies,
      @Nullable Coverage coverage,
      List<Citation> why) {}

  record Translation(
      String kind, @Nullable Tuple before, @Nullable Tuple after, List<Citation> evidence) {
    /** The rules among the evidence. */
    List<Citation> rules() {
      return evidence.stream().filter(e -> e.source().endsWith("tables")).toList();
    }

    List<String> conntrack() {
      return evidence.stream()
          .filter(e -> e.source().equals("conntrack"))
          .map(Citation::text)
          .toList();
    }
  }

  record Verdict(
      String id,
      List<String> degraded,
      String lastSeen,
      String neverSeen,
      String direction,
      String cause,
      List<String> evidence,
      String grade,
      String advice) {}

  record Trace(
      String traceId,
      String identity,
      End source,
      End destination,
      Tuple client,
      Tuple wire,
      List<Hop> hops,
      List<Translation> translations,
      long handshakeNs,
      int retransmits,
      List<String> missingNodes,
      Verdict verdict) {
    /** The way of one kind of packet, in order: where it was seen, and with which addresses. */
    List<String> way(String packet, String direction) {
      return hops.stream()
          .filter(hop -> hop.packet().equals(packet) && hop.direction().equals(direction))
          .map(hop -> hop.point() + " " + (hop.tuple() == null ? hop.seen() : hop.tuple()))
          .toList();
    }

    /** Where one kind of packet was or should have been seen, in order. */
    List<String> points(String packet) {
      return hops.stream().filter(hop -> hop.packet().equals(packet)).map(Hop::point).toList();
    }

    /** The hop of one kind of packet at one point. */
    Hop at(String point, String packet) {
      return hops.stream()
          .filter(hop -> hop.point().equals(point) && hop.packet().equals(packet))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no " + packet + " at " + point + " in " + hops));
    }
  }

  /** The one trace of a run that made one connection. */
  Trace trace() {
    if (traces.size() != 1) {
      throw new AssertionError(traces.size() + " traces instead of one: " + this);
    }
    return traces.getFirst();
  }
}
