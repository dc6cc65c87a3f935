package io.podhop.e2e;

import java.util.ArrayList;
import java.util.List;

/**
 * One row of the fault catalogue: what is broken, what is traced meanwhile, and what the answer has
 * to say. In places, {@code {API}} stands for the host veth of the pod of that name.
 *
 * @param fault the words after {@code lab fault LAB}
 * @param trace the words after {@code podhop trace}
 * @param traffic what runs in the source while the trace watches; empty when the trace probes
 */
record FaultRow(
    String name, List<String> fault, List<String> trace, List<String> traffic, Expected expected) {
  /**
   * What the answer has to say.
   *
   * @param lastSeen label of the point that saw it last; any when empty
   * @param neverSeen label of the point that it never came to; any when empty
   * @param direction either when empty
   * @param cause parts of the cause
   * @param cited parts of which each has to stand in a line of the evidence
   * @param degraded parts of the reasons why what was delivered was not healthy
   */
  record Expected(
      String id,
      String lastSeen,
      String neverSeen,
      String direction,
      String grade,
      List<String> cause,
      List<String> cited,
      List<String> degraded) {}

  static Draft of(String name, String... fault) {
    return new Draft(name, List.of(fault));
  }

  /** The one that sends. */
  String source() {
    return trace.getFirst();
  }

  boolean watches() {
    return !traffic.isEmpty();
  }

  @Override
  public String toString() {
    return name;
  }

  /** A row while it is written. */
  static final class Draft {
    private final String name;
    private final List<String> fault;
    private final List<String> trace = new ArrayList<>();
    private List<String> traffic = List.of();
    private String lastSeen = "";
    private String neverSeen = "";
    private String direction = "request";
    private String grade = "proven";
    private List<String> cause = List.of();
    private List<String> cited = List.of();
    private List<String> degraded = List.of();

    private Draft(String name, List<String> fault) {
      this.name = name;
      this.fault = fault;
    }

    /** A trace that waits long enough for what is answered, and not longer. */
    Draft trace(String... words) {
      trace.addAll(List.of(words));
      if (!trace.contains("--timeout")) {
        trace.addAll(List.of("--timeout", "700ms"));
      }
      return this;
    }

    Draft traffic(String... words) {
      traffic = List.of(words);
      return this;
    }

    Draft between(String last, String never) {
      lastSeen = last;
      neverSeen = never;
      return this;
    }

    Draft ofReply() {
      direction = "reply";
      return this;
    }

    Draft ofEither() {
      direction = "";
      return this;
    }

    Draft unproven() {
      grade = "unproven";
      return this;
    }

    Draft cause(String... parts) {
      cause = List.of(parts);
      return this;
    }

    Draft cited(String... parts) {
      cited = List.of(parts);
      return this;
    }

    Draft degraded(String... parts) {
      degraded = List.of(parts);
      return this;
    }

    FaultRow gives(String id) {
      return new FaultRow(
          name,
          fault,
          List.copyOf(trace),
          traffic,
          new Expected(id, lastSeen, neverSeen, direction, grade, cause, cited, degraded));
    }
  }
}
