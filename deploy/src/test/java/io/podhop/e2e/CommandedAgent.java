package io.podhop.e2e;

import static org.awaitility.Awaitility.await;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.podhop.v1.AgentControlGrpc;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.Arm;
import io.podhop.v1.CollectorMessage;
import io.podhop.v1.Finish;
import io.podhop.v1.Finished;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

/** A real agent inside a node of the lab, with the test in the collector's place. */
final class CommandedAgent implements AutoCloseable {
  /** A host of the VPC that the lab relays by, at a port for each. */
  private static final String IN_VPC = "192.168.0.5:";

  private static final AtomicInteger PORTS = new AtomicInteger(4317);

  private static final Duration BOUND = Duration.ofSeconds(60);

  private final List<AgentMessage> heard = new CopyOnWriteArrayList<>();
  private final AtomicReference<StreamObserver<CollectorMessage>> out = new AtomicReference<>();
  private final Server server;
  private final Background agent;

  /** Returns when the agent has told the node's pods. */
  CommandedAgent(Lab lab, String node) {
    try {
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
              .addService(new Control())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String collector = IN_VPC + PORTS.getAndIncrement();
    lab.relay(collector, "127.0.0.1:" + server.getPort());
    agent =
        lab.start(
            "agent-" + node,
            node,
            Cluster.LAUNCHER,
            "agent",
            "--collector",
            collector,
            "--node",
            node);
    await("the agent tells its pods").atMost(BOUND).until(() -> has(this::isInventory));
  }

  private boolean isInventory(AgentMessage message) {
    return message.hasInventory() && message.getInventory().getPodsCount() > 0;
  }

  /** Returns when every point captures. */
  void arm(Arm arm) {
    say(CollectorMessage.newBuilder().setArm(arm));
    answer(message -> message.getArmed().getRequestId().equals(arm.getRequestId()));
  }

  Finished finish(String requestId) {
    say(
        CollectorMessage.newBuilder()
            .setFinish(Finish.newBuilder().setRequestId(requestId).build()));
    return answer(message -> message.getFinished().getRequestId().equals(requestId)).getFinished();
  }

  private void say(CollectorMessage.Builder message) {
    out.get().onNext(message.build());
  }

  private AgentMessage answer(Predicate<AgentMessage> wanted) {
    await("the agent answers")
        .atMost(BOUND)
        .pollInterval(Duration.ofMillis(2))
        .until(() -> has(wanted) || has(AgentMessage::hasFailed));
    return heard.stream()
        .filter(wanted)
        .findFirst()
        .orElseThrow(() -> new AssertionError(heard.getLast() + agent.tail()));
  }

  private boolean has(Predicate<AgentMessage> wanted) {
    return heard.stream().anyMatch(wanted);
  }

  @Override
  public void close() {
    agent.close();
    server.shutdownNow();
  }

  private final class Control extends AgentControlGrpc.AgentControlImplBase {
    @Override
    public StreamObserver<AgentMessage> connect(StreamObserver<CollectorMessage> commands) {
      out.set(commands);
      return new StreamObserver<>() {
        @Override
        public void onNext(AgentMessage message) {
          heard.add(message);
        }

        @Override
        public void onError(Throwable cause) {
          out.set(null);
        }

        @Override
        public void onCompleted() {
          commands.onCompleted();
        }
      };
    }
  }
}
