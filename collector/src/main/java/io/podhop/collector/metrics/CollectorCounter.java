package io.podhop.collector.metrics;

/** Everything the collector counts, with the sentence that explains it. */
public enum CollectorCounter {
  EXPORT_REQUESTS("OTLP trace requests received"),
  SPANS_RECEIVED("spans received"),
  SEGMENTS_RECEIVED("segments received from agents"),
  SEGMENTS_MALFORMED("spans whose podhop.segment could not be read; the spans were refused"),
  SEGMENTS_REPEATED("segments delivered again; the later delivery replaced the earlier"),
  SEGMENTS_EVICTED("segments dropped because too many waited to be stitched"),
  SEGMENTS_LATE("segments that came after their trace was closed; their spans were exported alone"),
  SEGMENTS_UNCLAIMED("segments that belonged to no running trace and were stitched by themselves"),
  SEGMENTS_JOINED_LATE("segments of connections that were open before a watch was ready; ignored"),
  SEGMENTS_MISSING("trace ids that an agent announced and whose segment never came"),
  FOREIGN_SPANS("spans of other senders, exported unchanged"),
  AGENTS_REFUSED("agents refused: node already registered, or no node named"),
  AGENT_MESSAGES_MALFORMED("messages of agents that could not be read"),
  AGENT_MESSAGES_STALE("messages of agents about a trace that is not running any more"),
  AGENT_COMMANDS_UNSENT("commands not sent because the agent did not read its stream"),
  PEERS_NOT_TOLD("pods that agents of other nodes were not told of, because a node has too many"),
  HOPS_NOT_SHOWN("hops not shown while a trace ran, because too many came; the trace has them"),
  FLOWS_SHOWN("flows passed on to those who observe"),
  FLOWS_OF_OTHER_END("flows left out because the node they began on reports the same connection"),
  FLOWS_NOT_SHOWN("flows not passed on because whoever observes reads too slowly; they are told"),
  FLOWS_LOST_BY_AGENTS("flows that an agent had no room to send to those who observe"),
  OBSERVERS_REFUSED("questions for flows or pairs refused because too many are being answered"),
  CAPTURES_RUN("packet captures run"),
  CAPTURES_REFUSED("packet captures refused before any packet was captured"),
  PACKETS_SENT("captured packets passed on to those who capture"),
  PACKETS_NOT_SENT("captured packets not passed on because whoever captures reads too slowly"),
  TRACES_RUN("traces run"),
  TRACES_REFUSED("traces refused before any packet was sent"),
  TRACES_SAVED("traces saved to the store"),
  STORE_FAILED("traces that the store could not save"),
  EXPORT_SENT("span batches that the trace back end accepted"),
  EXPORT_REJECTED("spans that the trace back end rejected"),
  EXPORT_RETRIED("attempts to export that failed and were repeated"),
  EXPORT_DROPPED("span batches dropped: queue full, back end away too long, or shutdown");

  private final String sentence;

  CollectorCounter(String sentence) {
    this.sentence = sentence;
  }

  public String sentence() {
    return sentence;
  }
}
