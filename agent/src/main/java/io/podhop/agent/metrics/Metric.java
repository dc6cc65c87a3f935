package io.podhop.agent.metrics;

import java.util.List;

/**
 * Every metric of the agent, by its OpenTelemetry name and unit (UCUM). The schema file in {@code
 * deploy/schema} documents each, and a test holds the two together. The name on the wire follows
 * OpenTelemetry's rules for Prometheus.
 */
public enum Metric {
  FLOW_BYTES(
      Kind.COUNTER,
      "podhop.flow.bytes",
      "By",
      "IP bytes of connections, headers included, by direction (request is from who opened it).",
      Shared.PAIR,
      "direction"),
  FLOW_PACKETS(
      Kind.COUNTER,
      "podhop.flow.packets",
      "{packet}",
      "Packets of connections, as captured: a GRO or TSO giant is one.",
      Shared.PAIR,
      "direction"),
  FLOW_CONNECTIONS(
      Kind.COUNTER,
      "podhop.flow.connections",
      "{connection}",
      "Connections by what became of them, each counted once, when its first record is made.",
      Shared.PAIR,
      "verdict"),
  FLOW_RETRANSMITS(
      Kind.COUNTER,
      "podhop.flow.retransmits",
      "{segment}",
      "TCP segments sent again by either end.",
      Shared.PAIR),
  FLOW_RESETS(
      Kind.COUNTER,
      "podhop.flow.resets",
      "{connection}",
      "TCP connections that an RST ended.",
      Shared.PAIR),
  TCP_HANDSHAKE(
      Kind.HISTOGRAM,
      "podhop.tcp.handshake.duration",
      "s",
      "From the first SYN to the first SYN-ACK, at the point that counts the connection.",
      Shared.ENDS),
  DNS_LOOKUP(
      Kind.HISTOGRAM,
      "podhop.dns.lookup.duration",
      "s",
      "From the first query to its answer, by the answer's code.",
      Shared.SOURCE,
      "rcode"),
  PAIRS(Kind.GAUGE, "podhop.flow.pairs", "{pair}", "Pairs of workloads that are counted apart."),
  PAIRS_OVERFLOWED(
      Kind.COUNTER,
      "podhop.flow.pairs.overflowed",
      "{record}",
      "Records counted under the pair other because the table of pairs was full."),
  PAIRS_RETIRED(
      Kind.COUNTER,
      "podhop.flow.pairs.retired",
      "{pair}",
      "Pairs, silent for an hour, that made room for others; their series end."),
  LATENCIES_OVERFLOWED(
      Kind.COUNTER,
      "podhop.flow.latencies.overflowed",
      "{observation}",
      "Observations counted under the labels other because a histogram had too many sets of labels."),

  CAPTURE_RECEIVED(
      Kind.COUNTER,
      "podhop.capture.received.packets",
      "{packet}",
      "Packets that the always-on captures received.",
      "mode"),
  CAPTURE_DROPPED(
      Kind.COUNTER,
      "podhop.capture.dropped.packets",
      "{packet}",
      "Packets lost, by cause: kernel (no room in the ring) or agent (a bound of the agent's own).",
      "cause"),
  CAPTURE_UNDECODED(
      Kind.COUNTER,
      "podhop.capture.undecoded.packets",
      "{packet}",
      "Packets whose headers could not be read.",
      "status"),
  CAPTURE_POINTS(Kind.GAUGE, "podhop.capture.points", "{point}", "Interfaces watched now."),
  CAPTURE_POINT_EVENTS(
      Kind.COUNTER,
      "podhop.capture.point.events",
      "{event}",
      "What happened to interfaces: opened, closed, failed to open, refused for want of room, reduced"
          + " to their edges, restored to every header, given a ring of another size (resized).",
      "event"),
  CAPTURE_MODE(
      Kind.GAUGE,
      "podhop.capture.mode",
      "{mode}",
      "1 for the mode in force, 0 for the others.",
      "mode"),
  CAPTURE_RING(Kind.GAUGE, "podhop.capture.ring", "By", "Memory of all capture rings together."),
  CAPTURE_LOOP_EVENTS(
      Kind.COUNTER,
      "podhop.capture.loop.events",
      "{event}",
      "What happened to captures of the loop that traces share.",
      "event"),
  FLOW_TABLE(
      Kind.GAUGE,
      "podhop.flow.table.connections",
      "{connection}",
      "Connections in the flow table."),
  FLOW_TABLE_EVICTED(
      Kind.COUNTER,
      "podhop.flow.table.evicted.connections",
      "{connection}",
      "Connections that lost their place in the flow table, by class.",
      "class"),

  FEED_WAITING(
      Kind.GAUGE,
      "podhop.flow.feed.waiting",
      "{record}",
      "Records that wait between the flow table and what names and counts them."),
  FEED_DROPPED(
      Kind.COUNTER,
      "podhop.flow.feed.dropped",
      "{record}",
      "Records lost because too many waited."),
  JOIN_WAITING(
      Kind.GAUGE,
      "podhop.join.waiting",
      "{record}",
      "Records held until the other points of their connection have spoken."),
  JOIN_EARLY(
      Kind.COUNTER,
      "podhop.join.early",
      "{connection}",
      "Connections joined early because too many records were held: their points may be counted apart."),
  JOIN_UNASKED(
      Kind.COUNTER,
      "podhop.join.conntrack.unasked",
      "{connection}",
      "Connections whose NAT was not asked of conntrack because of the bound per second."),
  INTERVALS_FORGOTTEN(
      Kind.COUNTER,
      "podhop.flow.intervals.forgotten",
      "{connection}",
      "Connections whose last totals were forgotten at a bound: what comes next counts them twice."),
  FLOW_ERRORS(
      Kind.COUNTER,
      "podhop.flow.errors",
      "{connection}",
      "Connections that could not be worked on because of a fault of the agent."),
  UDP_CONNECTIONS(
      Kind.GAUGE,
      "podhop.udp.connections",
      "{connection}",
      "UDP connections followed in conntrack's table, of pods whose edges alone are captured."),
  UDP_EVENTS(
      Kind.COUNTER,
      "podhop.udp.events",
      "{event}",
      "What looking for UDP in conntrack's table met, where edges alone are captured.",
      "event"),
  NAMES(
      Kind.GAUGE,
      "podhop.dns.learnt.addresses",
      "{address}",
      "Addresses that pods' DNS answers named."),
  NAMES_OVERFLOWED(
      Kind.COUNTER,
      "podhop.dns.learnt.overflowed",
      "{address}",
      "Addresses forgotten before their time because a bound was reached."),
  PEERS(
      Kind.GAUGE,
      "podhop.peers.addresses",
      "{address}",
      "Addresses of pods and nodes elsewhere that the collector named."),
  PEERS_OVERFLOWED(
      Kind.COUNTER,
      "podhop.peers.overflowed",
      "{address}",
      "Addresses elsewhere that were told and found no room: they have no name here."),
  OBSERVERS(
      Kind.GAUGE,
      "podhop.observe.subscribers",
      "{subscriber}",
      "Askers that flows are streamed to."),
  OBSERVE_DROPPED(
      Kind.COUNTER,
      "podhop.observe.dropped.flows",
      "{flow}",
      "Flows that matched and found no room on their way to an asker."),
  TRACES_KEPT(
      Kind.COUNTER,
      "podhop.traces.kept",
      "{trace}",
      "Connections made into traces, by reason.",
      "reason"),
  TRACES_SHED(
      Kind.COUNTER,
      "podhop.traces.shed",
      "{trace}",
      "Connections that should have become traces and were beyond the rate, by reason.",
      "reason"),
  ADDS_TRACED(
      Kind.COUNTER,
      "podhop.traces.adds",
      "{trace}",
      "ADDs of pods made into traces, by how they ended.",
      "result"),
  SHIP_EVENTS(
      Kind.COUNTER,
      "podhop.ship.batches",
      "{batch}",
      "Batches of spans by what became of them.",
      "result"),
  SHIP_WAITING(
      Kind.GAUGE, "podhop.ship.waiting", "{batch}", "Batches of spans that wait to be delivered."),

  LINUX_EVENTS(
      Kind.COUNTER,
      "podhop.linux.events",
      "{event}",
      "Events at the door to the kernel: namespaces, processes, netlink.",
      "event"),
  IPAM_EVENTS(
      Kind.COUNTER,
      "podhop.ipam.log.events",
      "{event}",
      "What the readers of ipamd's logs and state files met.",
      "event"),
  PROCESS_CPU(
      Kind.COUNTER, "process.cpu.time", "s", "CPU time of the agent's process, user and system."),
  PROCESS_MEMORY(
      Kind.GAUGE, "process.memory.usage", "By", "Resident memory of the agent's process.");

  /** What a metric is. */
  public enum Kind {
    /** A sum that only grows. */
    COUNTER,
    GAUGE,
    /** With explicit bucket bounds. */
    HISTOGRAM
  }

  private final Kind kind;
  private final String otelName;
  private final String unit;
  private final String meaning;
  private final String attributes;

  Metric(Kind kind, String otelName, String unit, String meaning, String... attributes) {
    this.kind = kind;
    this.otelName = otelName;
    this.unit = unit;
    this.meaning = meaning;
    this.attributes = String.join(",", attributes);
  }

  public Kind kind() {
    return kind;
  }

  public String otelName() {
    return otelName;
  }

  public String unit() {
    return unit;
  }

  /** Names of the attributes, in the order of every sample's values. */
  public List<String> attributes() {
    return attributes.isEmpty() ? List.of() : List.of(attributes.split(",", -1));
  }

  /**
   * The name on the wire without a counter's {@code _total}: dots become underscores, units in full
   * as a suffix, units in braces none (OpenTelemetry, Prometheus and OpenMetrics Compatibility).
   */
  String baseName() {
    String name = otelName.replace('.', '_');
    String suffix =
        switch (unit) {
          case "By" -> "_bytes";
          case "s" -> "_seconds";
          default -> "";
        };
    return name.endsWith(suffix) ? name : name + suffix;
  }

  /** The name on the wire. */
  public String prometheusName() {
    return kind == Kind.COUNTER ? baseName() + "_total" : baseName();
  }

  /** In one sentence; the schema file says the same. */
  public String meaning() {
    return meaning;
  }

  /** Attributes that several metrics share. */
  private static final class Shared {
    static final String SOURCE = "source.namespace,source.workload";
    static final String ENDS = SOURCE + ",destination.namespace,destination.workload";
    static final String PAIR = ENDS + ",destination.port,network.transport";
  }
}
