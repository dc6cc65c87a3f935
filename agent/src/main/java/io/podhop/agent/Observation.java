package io.podhop.agent;

import io.podhop.agent.config.AlwaysOn;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.flow.FlowTimeouts;
import io.podhop.agent.judge.SightBook;
import io.podhop.agent.judge.Thresholds;
import io.podhop.agent.metrics.FlowMetrics;
import io.podhop.agent.metrics.Metric;
import io.podhop.agent.metrics.MetricsPage;
import io.podhop.agent.metrics.MetricsServer;
import io.podhop.agent.nat.Conntrack;
import io.podhop.agent.observe.Observers;
import io.podhop.agent.sample.Sampling;
import io.podhop.agent.sample.TraceBudget;
import io.podhop.agent.ship.RequestBatch;
import io.podhop.agent.ship.Shipper;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.Failed;
import io.podhop.v1.Observe;
import io.podhop.v1.Pairs;
import io.podhop.wire.FlowCodec;
import java.io.IOException;
import java.time.InstantSource;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The always-on half of the agent from the flow table on: what ends is named, judged, counted, kept
 * and traced; who asks is answered; metrics are served. The capture hands over through {@link
 * #feed} and notes in {@link #sights} what its points were able to see.
 */
final class Observation implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Observation.class);

  private final AlwaysOn config;
  private final Predicate<AgentMessage> send;
  private final FlowFeed feed = new FlowFeed();
  private final SightBook sights = new SightBook();
  private final FlowMetrics metrics = new FlowMetrics();
  private final Observers observers;
  private final NatQuestions nat = new NatQuestions(NatQuestions::kernel, System::nanoTime);
  private final RequestBatch traces;
  private final UdpWatch udp;
  private final FlowPipeline pipeline;
  private final MetricsPage page = new MetricsPage(metrics);
  private final AgentNumbers numbers = new AgentNumbers(page);
  private @Nullable MetricsServer server;

  /**
   * @param views the node as it was read last; the same value until it is read again
   * @param send takes a message for the collector unless there is no room for it now
   */
  Observation(
      AlwaysOn config, Supplier<NodeView> views, Shipper shipper, Predicate<AgentMessage> send) {
    this.config = config;
    this.send = send;
    this.observers = new Observers(send);
    this.traces =
        new RequestBatch(
            batch -> {
              var _ = shipper.ship(batch);
            });
    TraceBudget budget = new TraceBudget(config.maxTraces(), System.nanoTime());
    FlowWork.Sinks sinks =
        new FlowWork.Sinks(
            metrics,
            observers,
            new TraceMaker(sights, budget, request -> traces.add(request, System.nanoTime())));
    this.udp =
        new UdpWatch(
            config.maxConnections(),
            FlowTimeouts.DEFAULT,
            Conntrack::open,
            InstantSource.system(),
            feed);
    FlowWork work =
        new FlowWork(
            views,
            sights,
            new FlowWork.Rules(
                Thresholds.DEFAULT, new Sampling(config.sampleShare()), config.maxConnections()),
            sinks,
            packet -> udp.find(packet).or(() -> nat.find(packet)));
    this.pipeline = new FlowPipeline(feed, udp::takes, work, this::flush, System::nanoTime);
    numbers.flows(feed, work, pipeline);
    numbers.udp(udp);
    numbers.traces(budget, shipper);
    numbers.one(Metric.JOIN_UNASKED, nat::unasked);
    numbers.one(Metric.OBSERVERS, observers::subscribers);
    numbers.one(Metric.OBSERVE_DROPPED, observers::dropped);
  }

  private void flush() {
    observers.flush();
    traces.flush(System.nanoTime());
  }

  /** Where the capture hands over; any thread, never blocks. */
  FlowFeed feed() {
    return feed;
  }

  /** Where the capture notes, about once a second, what each point received and lost. */
  SightBook sights() {
    return sights;
  }

  /** What tells of UDP where the capture sees edges alone; whoever looks after both, closes it. */
  UdpWatch udp() {
    return udp;
  }

  /** Where the metrics of other parts are added, before {@link #start}. */
  AgentNumbers numbers() {
    return numbers;
  }

  /**
   * @throws IOException when metrics cannot be served where the operator wants them
   */
  void start() throws IOException {
    if (config.metricsListen().isPresent()) {
      server = MetricsServer.start(page, config.metricsListen().get());
      LOG.info("metrics on port {}", server.port());
    }
    pipeline.start();
  }

  /** Port that metrics are served on; 0 when they are not. */
  int metricsPort() {
    return server == null ? 0 : server.port();
  }

  void observe(Observe request) {
    if (config.isOff()) {
      say(failed(request.getRequestId()));
    } else {
      observers.observe(request);
    }
  }

  void endObserve(String requestId) {
    observers.end(requestId);
  }

  void listPairs(String requestId) {
    if (config.isOff()) {
      say(failed(requestId));
      return;
    }
    Pairs.Builder pairs =
        Pairs.newBuilder().setRequestId(requestId).setOverflowed(metrics.pairs().overflowed());
    metrics.pairs().totals().stream().map(FlowCodec::encode).forEach(pairs::addPairs);
    say(AgentMessage.newBuilder().setPairs(pairs).build());
  }

  /** Whoever asked, did so on a control stream that is over. */
  void forgetAskers() {
    observers.endAll();
  }

  private static AgentMessage failed(String requestId) {
    return AgentMessage.newBuilder()
        .setFailed(
            Failed.newBuilder()
                .setRequestId(requestId)
                .setError("this node's agent runs with --always-on off: it keeps no flows"))
        .build();
  }

  private void say(AgentMessage message) {
    if (!send.test(message)) {
      LOG.debug("no room for an answer: {}", message.getMessageCase());
    }
  }

  @Override
  public void close() {
    if (server != null) {
      server.close();
    }
    pipeline.close();
    traces.flush();
    nat.close();
  }
}
