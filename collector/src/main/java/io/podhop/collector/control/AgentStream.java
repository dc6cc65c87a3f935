package io.podhop.collector.control;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.collector.registry.Registry;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.CollectorMessage;
import io.podhop.v1.Register;
import io.podhop.wire.InventoryCodec;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.SequencedSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One agent's stream, from its first message to its end. */
final class AgentStream implements StreamObserver<AgentMessage> {
  /** Commands that may wait; beyond it they are refused, as when the agent does not read. */
  static final int MAX_WAITING = 64;

  private static final Logger LOG = LoggerFactory.getLogger(AgentStream.class);

  private final Registry registry;
  private final Agents agents;
  private final Counters counters;
  private final ServerCallStreamObserver<CollectorMessage> out;

  /** Empty until registered; only the stream's own callbacks, which are serial, write it. */
  private volatile String node = "";

  private volatile boolean countsFlows;
  private boolean ended;

  /** Nodes that this agent is still to be told of: as many as there are nodes. */
  private final SequencedSet<String> owed = new LinkedHashSet<>();

  /** Commands that wait behind what we tell of nodes ourselves. */
  private final Deque<CollectorMessage> waiting = new ArrayDeque<>();

  AgentStream(
      Registry registry,
      Agents agents,
      Counters counters,
      ServerCallStreamObserver<CollectorMessage> out) {
    this.registry = registry;
    this.agents = agents;
    this.counters = counters;
    this.out = out;
  }

  /**
   * Sends a command in order, at once unless the stream is full of what we tell of nodes; false
   * when the stream has ended or the agent does not read it.
   */
  synchronized boolean send(CollectorMessage message) {
    if (ended || out.isCancelled()) {
      return false;
    }
    if (!owed.isEmpty() && waiting.size() < MAX_WAITING) {
      waiting.add(message);
      drain();
      return true;
    }
    if (!out.isReady()) {
      counters.increment(CollectorCounter.AGENT_COMMANDS_UNSENT);
      return false;
    }
    out.onNext(message);
    return true;
  }

  /** Tells the agent of these nodes, each as it is when there is room to tell it. */
  synchronized void owe(Set<String> nodes) {
    owed.addAll(nodes);
    owed.remove(node);
    drain();
  }

  /** Sends what waits, commands first, as long as the agent reads. */
  synchronized void drain() {
    while (!ended && !out.isCancelled() && out.isReady()) {
      if (!waiting.isEmpty()) {
        out.onNext(waiting.removeFirst());
      } else if (!owed.isEmpty()) {
        out.onNext(agents.peersOf(owed.removeFirst()));
      } else {
        return;
      }
    }
  }

  boolean countsFlows() {
    return countsFlows;
  }

  @Override
  public void onNext(AgentMessage message) {
    if (node.isEmpty()) {
      begin(message);
      return;
    }
    registry.heard(node, this);
    switch (message.getMessageCase()) {
      case REGISTER, MESSAGE_NOT_SET ->
          counters.increment(CollectorCounter.AGENT_MESSAGES_MALFORMED);
      case INVENTORY -> learn(message.getInventory());
      case ARMED -> agents.said(node, message.getArmed().getRequestId(), message);
      case HOP_SEEN -> agents.said(node, message.getHopSeen().getRequestId(), message);
      case PROBED -> agents.said(node, message.getProbed().getRequestId(), message);
      case FINISHED -> agents.said(node, message.getFinished().getRequestId(), message);
      case FLOWS_SEEN -> agents.said(node, message.getFlowsSeen().getRequestId(), message);
      case PAIRS -> agents.said(node, message.getPairs().getRequestId(), message);
      case ANSWER -> agents.said(node, message.getAnswer().getRequestId(), message);
      case PACKETS -> agents.said(node, message.getPackets().getRequestId(), message);
      case FAILED -> agents.said(node, message.getFailed().getRequestId(), message);
    }
  }

  private void begin(AgentMessage message) {
    if (!message.hasRegister()) {
      end(Status.FAILED_PRECONDITION.withDescription("an agent must send Register first"));
      return;
    }
    Register register = message.getRegister();
    switch (registry.register(register.getNode(), register.getVersion(), this)) {
      case Registry.Registration.Accepted _ -> {
        node = register.getNode();
        countsFlows = register.getCountsFlows();
        agents.arrived(node, this);
        LOG.info("agent of node {} connected, version {}", node, register.getVersion());
      }
      case Registry.Registration.Refused refused -> {
        counters.increment(CollectorCounter.AGENTS_REFUSED);
        LOG.warn("agent refused: {}", refused.sentence());
        end(Status.ALREADY_EXISTS.withDescription(refused.sentence()));
      }
    }
  }

  private void learn(io.podhop.v1.NodeInventory inventory) {
    try {
      registry.update(node, this, InventoryCodec.decode(inventory));
    } catch (IllegalArgumentException e) {
      counters.increment(CollectorCounter.AGENT_MESSAGES_MALFORMED);
      LOG.warn("inventory of node {} cannot be read: {}", node, e.getMessage());
    }
  }

  private synchronized void end(Status status) {
    if (!ended) {
      ended = true;
      out.onError(status.asRuntimeException());
    }
  }

  @Override
  public void onError(Throwable cause) {
    leave();
  }

  @Override
  public void onCompleted() {
    leave();
    synchronized (this) {
      if (!ended) {
        ended = true;
        out.onCompleted();
      }
    }
  }

  /** The stream is over, however it ended. */
  void leave() {
    if (!node.isEmpty()) {
      registry.release(node, this);
      agents.left(node, this);
    }
  }
}
