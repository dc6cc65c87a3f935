package io.podhop.agent;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.podhop.agent.capture.CaptureLoop;
import io.podhop.agent.capture.CaptureMode;
import io.podhop.agent.capture.LoopOptions;
import io.podhop.agent.config.AlwaysOn;
import io.podhop.agent.control.ControlStream;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.evidence.Evidence;
import io.podhop.agent.flow.FlowTimeouts;
import io.podhop.agent.linux.LinkEvents;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.ship.Shipper;
import io.podhop.model.NodeInventory;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.CollectorMessage;
import io.podhop.v1.Peers;
import io.podhop.v1.Register;
import io.podhop.wire.InventoryCodec;
import io.podhop.wire.PeerCodec;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent put together: readers, captures, correlation and shipping of one node. Reads the node
 * again every {@value #READ_SECONDS} s and tells the collector when its pods or addresses have
 * changed.
 */
final class Agent implements AutoCloseable {
  private static final long READ_SECONDS = 5;
  private static final Duration RULES_MAX_AGE = Duration.ofSeconds(30);
  private static final long LOOK_SECONDS = 1;

  /** Interfaces come in groups: several of one pod, several pods at once. */
  private static final long LINKS_SETTLE_MS = 50;

  /** By then the CNI has written who the new pod is. */
  private static final long LINKS_NAMED_MS = 1_000;

  private static final Duration LINKS_PATIENCE = Duration.ofSeconds(1);
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(2);
  private static final Logger LOG = LoggerFactory.getLogger(Agent.class);

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final NodeReaders readers;
  private final TraceRequests requests;
  private final QuestionDesk desk;
  private final Observation observation;
  private final Optional<AddTraces> adds;
  private final Watch watch;
  private final LinkEvents links;
  private final AtomicBoolean linksChanged = new AtomicBoolean();
  private final AtomicBoolean namesAwaited = new AtomicBoolean();
  private final ControlStream control;
  private final Shipper shipper;
  private final ScheduledExecutorService reading;
  private @Nullable NodeInventory lastSent;
  private volatile NodeView lastView;
  private long rulesReadAt;

  /**
   * Builds every part in packet order and opens nothing but the capture loop.
   *
   * @throws IOException when the agent's own network namespace cannot be read
   */
  Agent(AgentConfig config, String version) throws IOException {
    LinuxCounters counters = new LinuxCounters();
    NamespaceThread namespaces = part(new NamespaceThread(counters));
    readers = part(new NodeReaders(config, namespaces, counters));
    lastView = readers.readKeepingRules();
    ManagedChannel channel = channel(config.collector());
    parts.push(channel::shutdownNow);
    shipper = part(new Shipper(channel));
    observation =
        part(new Observation(config.alwaysOn(), () -> lastView, shipper, this::sendIfReady));
    WatchTable table =
        new WatchTable(
            config.alwaysOn().maxConnections(), FlowTimeouts.DEFAULT, observation.feed());
    CaptureLoop loop = part(CaptureLoop.start(InstantSource.system(), LoopOptions.DEFAULT, table));
    watch =
        part(new Watch(settings(config.alwaysOn()), namespaces, loop, table, observation.sights()));
    part(observation.udp());
    observation.numbers().capture(watch::numbers, watch::counted);
    observation.numbers().node(counters::get, loop::counted, () -> lastView.ipam().counters());
    Evidence evidence =
        part(new Evidence(config.node(), config.logDirectory(), namespaces, counters));
    requests =
        part(
            new TraceRequests(
                readers,
                new TraceSession.Doors(namespaces, loop),
                evidence,
                shipper,
                this::send,
                this::sendIfReady));
    desk = part(new QuestionDesk(readers, this::send));
    observation.numbers().peers(readers.peers());
    adds = adds(config);
    adds.ifPresent(made -> observation.numbers().adds(made::count));
    control =
        part(new ControlStream(channel, register(config, version), this::obey, this::connected));
    reading = reader();
    parts.push(reading::shutdownNow);
    links = part(LinkEvents.open(LINKS_PATIENCE));
  }

  private Optional<AddTraces> adds(AgentConfig config) {
    return config.alwaysOn().isOff()
        ? Optional.empty()
        : Optional.of(
            new AddTraces(
                Instant.now(),
                batch -> {
                  var _ = shipper.ship(batch);
                }));
  }

  private static Register register(AgentConfig config, String version) {
    return Register.newBuilder()
        .setNode(config.node())
        .setVersion(version)
        .setCountsFlows(!config.alwaysOn().isOff())
        .build();
  }

  private static ManagedChannel channel(String collector) {
    return NettyChannelBuilder.forTarget(collector)
        .usePlaintext()
        .keepAliveTime(KEEP_ALIVE.toMillis(), TimeUnit.MILLISECONDS)
        .keepAliveTimeout(KEEP_ALIVE.toMillis(), TimeUnit.MILLISECONDS)
        .build();
  }

  private static Watch.Settings settings(AlwaysOn config) {
    return new Watch.Settings(
        switch (config.mode()) {
          case OFF -> Optional.empty();
          case EDGES -> Optional.of(CaptureMode.EDGES);
          case HEADERS -> Optional.of(CaptureMode.HEADERS);
        },
        config.ringBytes());
  }

  private static ScheduledExecutorService reader() {
    return Executors.newSingleThreadScheduledExecutor(
        Thread.ofPlatform().name("podhop-read").daemon().factory());
  }

  private <T extends AutoCloseable> T part(T part) {
    parts.push(part);
    return part;
  }

  private void connected() {
    observation.forgetAskers();
    tell(true);
  }

  /**
   * @throws IOException when metrics cannot be served
   */
  void start() throws IOException {
    observation.start();
    shipper.start();
    control.start();
    var _ = reading.scheduleWithFixedDelay(() -> tell(false), 0, READ_SECONDS, TimeUnit.SECONDS);
    var _ =
        reading.scheduleWithFixedDelay(this::look, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
    Thread.ofPlatform().daemon().name("podhop-links").start(this::followLinks);
  }

  /** A new pod's veth is there some milliseconds before its first packet: do not wait for it. */
  private void followLinks() {
    try {
      while (!reading.isShutdown()) {
        if (links.await()) {
          readOnce(linksChanged, LINKS_SETTLE_MS);
          readOnce(namesAwaited, LINKS_NAMED_MS);
        }
      }
    } catch (IOException | RejectedExecutionException e) {
      if (!reading.isShutdown()) {
        LOG.warn(
            "interfaces are noticed every {} s only: {}",
            READ_SECONDS,
            String.valueOf(e.getMessage()));
      }
    }
  }

  /** However many interfaces come meanwhile. */
  private void readOnce(AtomicBoolean waiting, long delayMs) {
    if (waiting.compareAndSet(false, true)) {
      Runnable read =
          () -> {
            waiting.set(false);
            tell(false);
          };
      var _ = reading.schedule(read, delayMs, TimeUnit.MILLISECONDS);
    }
  }

  private void look() {
    try {
      watch.look();
      observation.udp().look(lastView, watch.edges());
    } catch (RuntimeException e) {
      // An exception would silently end the schedule.
      LOG.error("looking after the captures failed", e);
    }
  }

  private void obey(CollectorMessage command) {
    switch (command.getMessageCase()) {
      case REFRESH -> tell(true);
      case ARM -> requests.arm(command.getArm());
      case PROBE -> requests.probe(command.getProbe());
      case FINISH -> requests.finish(command.getFinish().getRequestId());
      case OBSERVE -> observation.observe(command.getObserve());
      case END_OBSERVE -> observation.endObserve(command.getEndObserve().getRequestId());
      case LIST_PAIRS -> observation.listPairs(command.getListPairs().getRequestId());
      case PEERS -> learn(command.getPeers());
      case QUESTION -> desk.ask(command.getQuestion());
      case MESSAGE_NOT_SET -> LOG.warn("the collector sent a command this agent does not know");
    }
  }

  private void learn(Peers peers) {
    try {
      readers.peers().learn(PeerCodec.decode(peers));
    } catch (IllegalArgumentException e) {
      LOG.warn("cannot read who is on node {}: {}", peers.getNode(), e.getMessage());
    }
  }

  /** Sends the inventory when it changed; in any case, and with fresh rules, when asked. */
  private synchronized void tell(boolean asked) {
    try {
      long now = System.nanoTime();
      boolean stale = now - rulesReadAt > RULES_MAX_AGE.toNanos();
      NodeView view = asked || stale ? readers.read() : readers.readKeepingRules();
      lastView = view;
      watch.reconcile(view);
      adds.ifPresent(traces -> traces.see(view, Instant.now()));
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
