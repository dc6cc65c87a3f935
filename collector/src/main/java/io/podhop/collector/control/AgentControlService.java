package io.podhop.collector.control;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.podhop.collector.metrics.Counters;
import io.podhop.collector.registry.Registry;
import io.podhop.v1.AgentControlGrpc;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.CollectorMessage;

/** The service that agents dial. */
public final class AgentControlService extends AgentControlGrpc.AgentControlImplBase {
  private final Registry registry;
  private final Agents agents;
  private final Counters counters;

  public AgentControlService(Registry registry, Agents agents, Counters counters) {
    this.registry = registry;
    this.agents = agents;
    this.counters = counters;
  }

  @Override
  public StreamObserver<AgentMessage> connect(StreamObserver<CollectorMessage> responses) {
    ServerCallStreamObserver<CollectorMessage> out =
        (ServerCallStreamObserver<CollectorMessage>) responses;
    AgentStream stream = new AgentStream(registry, agents, counters, out);
    out.setOnCancelHandler(stream::leave);
    out.setOnReadyHandler(stream::drain);
    return stream;
  }
}
