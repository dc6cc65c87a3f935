package io.podhop.collector.observe;

import io.podhop.collector.control.Agents;
import io.podhop.collector.control.Conversation;
import io.podhop.collector.control.FromAgent;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.model.PairTotals;
import io.podhop.model.Protocol;
import io.podhop.v1.CollectorMessage;
import io.podhop.v1.ListPairs;
import io.podhop.v1.Pairs;
import io.podhop.wire.FlowCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Asks every agent for its totals once. An agent reports what begins on its node, so that a
 * connection between two nodes is counted by one of them; equal pairs of several nodes are summed.
 */
final class PairsRun {
  static final Duration LIMIT = Duration.ofSeconds(2);

  /** Pairs in one answer; more of them are counted as overflowed. */
  static final int MAX_PAIRS = 50_000;

  private final Agents agents;
  private final Conversation conversation;
  private final Counters counters;
  private final Map<Pair, PairTotals> totals = new LinkedHashMap<>();
  private final Set<String> awaited = new TreeSet<>();
  private final Set<String> silent = new TreeSet<>();
  private long overflowed;
  private boolean cancelled;

  private record Pair(String source, String destination, int port, Protocol protocol) {
    static Pair of(PairTotals totals) {
      return new Pair(totals.source(), totals.destination(), totals.port(), totals.protocol());
    }
  }

  PairsRun(Agents agents, Conversation conversation, Counters counters) {
    this.agents = agents;
    this.conversation = conversation;
    this.counters = counters;
  }

  /**
   * @param absent known nodes without an agent at the moment
   */
  PairsAnswer run(List<String> absent) throws InterruptedException {
    silent.addAll(absent);
    conversation.gather(LIMIT, this::hear, () -> cancelled, awaited::isEmpty);
    silent.addAll(awaited);
    return new PairsAnswer(new ArrayList<>(totals.values()), overflowed, List.copyOf(silent));
  }

  private void hear(FromAgent heard) {
    switch (heard) {
      case FromAgent.Cancelled _, FromAgent.Enough _ -> cancelled = true;
      case FromAgent.Came came -> ask(came.node());
      case FromAgent.Gone gone -> {
        if (awaited.remove(gone.node())) {
          silent.add(gone.node());
        }
      }
      case FromAgent.Said said -> {
        if (said.message().hasPairs()) {
          awaited.remove(said.node());
          pairs(said.node(), said.message().getPairs());
        } else if (said.message().hasFailed()) {
          awaited.remove(said.node());
          silent.add(said.node());
        } else {
          counters.increment(CollectorCounter.AGENT_MESSAGES_MALFORMED);
        }
      }
    }
  }

  private void ask(String node) {
    ListPairs.Builder question = ListPairs.newBuilder().setRequestId(conversation.requestId());
    if (agents.send(node, CollectorMessage.newBuilder().setListPairs(question).build())) {
      awaited.add(node);
      silent.remove(node);
    } else {
      silent.add(node);
    }
  }

  private void pairs(String node, Pairs answer) {
    overflowed += answer.getOverflowed();
    try {
      answer.getPairsList().stream().map(FlowCodec::decode).forEach(this::add);
    } catch (IllegalArgumentException e) {
      counters.increment(CollectorCounter.AGENT_MESSAGES_MALFORMED);
      silent.add(node);
    }
  }

  private void add(PairTotals more) {
    Pair pair = Pair.of(more);
    if (totals.size() >= MAX_PAIRS && !totals.containsKey(pair)) {
      overflowed++;
    } else {
      totals.merge(pair, more, PairsRun::sum);
    }
  }

  private static PairTotals sum(PairTotals a, PairTotals b) {
    return new PairTotals(
        a.source(),
        a.destination(),
        a.port(),
        a.protocol(),
        a.requestBytes() + b.requestBytes(),
        a.replyBytes() + b.replyBytes(),
        a.requestPackets() + b.requestPackets(),
        a.replyPackets() + b.replyPackets(),
        a.connections() + b.connections(),
        a.failed() + b.failed(),
        a.retransmits() + b.retransmits(),
        a.resets() + b.resets(),
        a.handshakes() + b.handshakes(),
        a.handshakeNs() + b.handshakeNs());
  }
}
