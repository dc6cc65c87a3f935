package io.podhop.agent;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.podhop.agent.capture.CaptureLoop;
import io.podhop.agent.control.ControlStream;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.ship.Shipper;
import io.podhop.model.NodeInventory;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.CollectorMessage;
import io.podhop.v1.Register;
import io.podhop.wire.InventoryCodec;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent put together: readers, captures, correlation and shipping of one node. Reads the node
 * again every {@value #READ_SECONDS} s and tells the collector when its pods or addresses have
 * changed.
 */
final class Agent implements AutoCloseable {
  private static final long READ_SECONDS = 2;
  private static final Duration RULES_MAX_AGE = Duration.ofSeconds(30);
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(2);
  private static final Logger LOG = LoggerFactory.getLogger(Agent.class);

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final NodeReaders readers;
  private final TraceRequests requests;
  private final ControlStream control;
  private final Shipper shipper;
  private final ScheduledExecutorService reading;
  private @Nullable NodeInventory lastSent;
  private long rulesReadAt;

  /**
   * Builds every part in packet order and opens nothing but the capture loop.
   *
   * @throws IOException when the agent's own network namespace cannot be read
   */
  Agent(AgentConfig config, String version) throws IOException {
    LinuxCounters counters = new LinuxCounters();
    NamespaceThread namespaces = part(new NamespaceThread(counters));
    CaptureLoop loop = part(CaptureLoop.start(InstantSource.system()));
    readers = part(new NodeReaders(config, namespaces, counters));
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(config.collector())
            .usePlaintext()
            .keepAliveTime(KEEP_ALIVE.toMillis(), TimeUnit.MILLISECONDS)
            .keepAliveTimeout(KEEP_ALIVE.toMillis(), TimeUnit.MILLISECONDS)
            .build();
    parts.push(channel::shutdownNow);
    shipper = part(new Shipper(channel));
    requests =
        part(
            new TraceRequests(
                readers,
                new TraceSession.Doors(namespaces, loop),
                shipper,
                this::send,
                this::sendIfReady));
    control =
        part(
            new ControlStream(
                channel,
                Register.newBuilder().setNode(config.node()).setVersion(version).build(),
                this::obey,
                () -> tell(true)));
    reading =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("podhop-read").daemon().factory());
    parts.push(reading::shutdownNow);
  }

  private <T extends AutoCloseable> T part(T part) {
    parts.push(part);
    return part;
  }

  void start() {
    shipper.start();
    control.start();
    var _ =
        reading.scheduleWithFixedDelay(
            () -> tell(false), READ_SECONDS, READ_SECONDS, TimeUnit.SECONDS);
  }

  private void obey(CollectorMessage command) {
    switch (command.getMessageCase()) {
      case REFRESH -> tell(true);
      case ARM -> requests.arm(command.getArm());
      case PROBE -> requests.probe(command.getProbe());
      case FINISH -> requests.finish(command.getFinish().getRequestId());
      case OBSERVE, END_OBSERVE, LIST_PAIRS, MESSAGE_NOT_SET ->
          LOG.warn("the collector sent a command this agent does not know");
    }
  }

  /** Sends the inventory when it changed; in any case, and with fresh rules, when asked. */
  private synchronized void tell(boolean asked) {
    try {
      long now = System.nanoTime();
      boolean stale = now - rulesReadAt > RULES_MAX_AGE.toNanos();
      NodeView view = asked || stale ? readers.read() : readers.readKeepingRules();
      if (asked || stale) {
        rulesReadAt = now;
      }
      NodeInventory inventory = view.inventory();
      if (asked || !inventory.equals(lastSent)) {
        send(AgentMessage.newBuilder().setInventory(InventoryCodec.encode(inventory)).build());
        lastSent = inventory;
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("cannot read the node: {}", e.getMessage());
      LOG.debug("cannot read the node", e);
    }
  }

  private void send(AgentMessage message) {
    if (!control.send(message)) {
      LOG.debug("no collector to tell: {}", message.getMessageCase());
    }
  }

  private boolean sendIfReady(AgentMessage message) {
    return control.sendIfReady(message);
  }

  /** Closes in reverse order of building, all of it even when a part fails. */
  @Override
  public void close() {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        LOG.warn("while stopping: {}", e.getMessage());
      }
    }
  }
}
