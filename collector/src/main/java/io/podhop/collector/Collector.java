package io.podhop.collector;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.podhop.collector.api.ExplainService;
import io.podhop.collector.api.QueryService;
import io.podhop.collector.control.AgentControlService;
import io.podhop.collector.control.Agents;
import io.podhop.collector.control.PeerNews;
import io.podhop.collector.explain.AgentQuestions;
import io.podhop.collector.explain.Explainer;
import io.podhop.collector.explain.NodeQuestions;
import io.podhop.collector.export.NodeSpans;
import io.podhop.collector.export.OtlpExporter;
import io.podhop.collector.export.TraceSpans;
import io.podhop.collector.ingest.SegmentInbox;
import io.podhop.collector.ingest.TraceIngest;
import io.podhop.collector.metrics.CollectorCounter;
import io.podhop.collector.metrics.Counters;
import io.podhop.collector.observe.Observer;
import io.podhop.collector.registry.HostNames;
import io.podhop.collector.registry.Names;
import io.podhop.collector.registry.Registry;
import io.podhop.collector.store.TraceStore;
import io.podhop.collector.trace.StitchedTrace;
import io.podhop.collector.trace.TraceRunner;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The collector put together: agents and OTLP on one port, a store, exporters. */
public final class Collector implements AutoCloseable {
  /** One message: an agent's inventory, or one OTLP request. */
  static final int MAX_MESSAGE_BYTES = 8 << 20;

  /** An agent that vanished without a word is noticed after both. */
  private static final long KEEPALIVE_SECONDS = 5;

  private static final long KEEPALIVE_TIMEOUT_SECONDS = 2;

  /** For calls that have no end of their own to wait for: agents' streams never end. */
  private static final long DRAIN_MS = 300;

  private static final Logger LOG = LoggerFactory.getLogger(Collector.class);

  private final Counters counters = new Counters();
  private final TraceStore store;
  private final List<OtlpExporter> exporters;
  private final HostNames hostNames = new HostNames();
  private final TraceRunner runner;
  private final Observer observer;
  private final PeerNews peerNews;
  private final ScheduledExecutorService sweeper =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("podhop-sweep").daemon().factory());
  private final Server server;

  private Collector(CollectorConfig config, TraceStore store) {
    InstantSource clock = InstantSource.system();
    this.store = store;
    this.exporters =
        config.otlpEndpoints().stream().map(e -> new OtlpExporter(e, counters)).toList();
    Registry registry = new Registry(clock);
    Agents agents = new Agents(counters);
    Names names = new Names(registry, hostNames::lookUp);
    SegmentInbox inbox = new SegmentInbox(counters);
    NodeQuestions questions = new AgentQuestions(agents, counters);
    Explainer explainer = new Explainer(names, questions);
    this.runner = new TraceRunner(names, agents, explainer, inbox, counters, clock, this::keep);
    this.observer = new Observer(registry, agents, counters);
    this.peerNews = new PeerNews(registry, agents, counters, clock);
    NettyServerBuilder builder = server(config);
    this.server =
        builder
            .addService(new TraceIngest(inbox, this::export, counters, System::nanoTime))
            .addService(new AgentControlService(registry, agents, counters))
            .addService(
                new QueryService(runner, observer, store, registry, counters, config.traceLink()))
            .addService(new ExplainService(registry, names, questions))
            .build();
  }

  /**
   * Builds a collector; nothing listens yet.
   *
   * @throws TraceStore.StoreException when the store cannot be opened
   */
  static Collector build(CollectorConfig config) {
    InstantSource clock = InstantSource.system();
    TraceStore store =
        config.store().isPresent()
            ? TraceStore.open(config.store().get(), clock)
            : TraceStore.inMemory(clock);
    return new Collector(config, store);
  }

  private static NettyServerBuilder server(CollectorConfig config) {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(config.listen().getFirst().socketAddress());
    config.listen().stream()
        .skip(1)
        .forEach(address -> builder.addListenAddress(address.socketAddress()));
    return builder
        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
        .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEPALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
        .permitKeepAliveTime(1, TimeUnit.SECONDS)
        .permitKeepAliveWithoutCalls(true);
  }

  /**
   * Starts everything; returns when the ports are open.
   *
   * @throws IOException when an address cannot be bound
   */
  void start() throws IOException {
    server.start();
    exporters.forEach(OtlpExporter::start);
    var _ =
        sweeper.scheduleWithFixedDelay(
            guarded("sweeping unclaimed segments", runner::sweep), 1, 1, TimeUnit.SECONDS);
    var _ =
        sweeper.scheduleWithFixedDelay(
            guarded("telling agents of each other", peerNews::tell), 1, 1, TimeUnit.SECONDS);
  }

  /** The first port it listens on. */
  int port() {
    return server.getPort();
  }

  Counters counters() {
    return counters;
  }

  /** An exception would silently end the schedule. */
  private static Runnable guarded(String what, Runnable work) {
    return () -> {
      try {
        work.run();
      } catch (RuntimeException e) {
        LOG.error("{} failed", what, e);
      }
    };
  }

  private void keep(StitchedTrace stitched) {
    try {
      store.save(stitched.trace());
      counters.increment(CollectorCounter.TRACES_SAVED);
    } catch (TraceStore.StoreException e) {
      counters.increment(CollectorCounter.STORE_FAILED);
      LOG.warn("{}", e.getMessage());
    }
    List<NodeSpans> nodes =
        stitched.deliveries().stream()
            .map(d -> new NodeSpans(d.segment().node(), d.spans()))
            .toList();
    export(TraceSpans.of(stitched.trace(), nodes));
  }

  private void export(List<ResourceSpans> spans) {
    exporters.forEach(exporter -> exporter.export(spans));
  }

  /** Takes no more, ends what runs, sends what is queued; in the reverse of the building order. */
  @Override
  public void close() {
    server.shutdown();
    sweeper.shutdownNow();
    observer.close();
    runner.close();
    try {
      if (!server.awaitTermination(DRAIN_MS, TimeUnit.MILLISECONDS)) {
        server.shutdownNow();
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    hostNames.close();
    exporters.forEach(OtlpExporter::close);
    store.close();
  }
}
