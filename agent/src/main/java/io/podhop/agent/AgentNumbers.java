package io.podhop.agent;

import io.podhop.agent.capture.CaptureCounter;
import io.podhop.agent.config.AlwaysOn;
import io.podhop.agent.correlate.Peers;
import io.podhop.agent.ipam.IpamCounters;
import io.podhop.agent.linux.LinuxCounter;
import io.podhop.agent.linux.OwnProcess;
import io.podhop.agent.metrics.Metric;
import io.podhop.agent.metrics.MetricsPage;
import io.podhop.agent.metrics.Sample;
import io.podhop.agent.sample.Reason;
import io.podhop.agent.sample.TraceBudget;
import io.podhop.agent.ship.ShipCounter;
import io.podhop.agent.ship.Shipper;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** Where the agent's own metrics come from. */
record AgentNumbers(MetricsPage page) {
  private static final double SECOND_NS = 1e9;

  /**
   * The always-on capture's.
   *
   * @param numbers read once per metric
   */
  void capture(Supplier<CaptureNumbers> numbers, ToLongFunction<WatchCounter> events) {
    byLabel(Metric.CAPTURE_RECEIVED, numbers, CaptureNumbers::received);
    byLabel(
        Metric.CAPTURE_DROPPED,
        numbers,
        n -> Map.of("kernel", n.droppedByKernel(), "agent", n.droppedByAgent()));
    byLabel(Metric.CAPTURE_UNDECODED, numbers, CaptureNumbers::undecoded);
    one(Metric.CAPTURE_POINTS, () -> numbers.get().points());
    of(Metric.CAPTURE_POINT_EVENTS, WatchCounter.values(), events);
    page.with(
        Metric.CAPTURE_MODE,
        () ->
            Arrays.stream(AlwaysOn.Mode.values())
                .map(AlwaysOn.Mode::toString)
                .map(mode -> Sample.of(mode.equals(numbers.get().mode()) ? 1 : 0, mode))
                .toList());
    one(Metric.CAPTURE_RING, () -> numbers.get().ringBytes());
    one(Metric.FLOW_TABLE, () -> numbers.get().tableConnections());
    byLabel(Metric.FLOW_TABLE_EVICTED, numbers, CaptureNumbers::evicted);
  }

  void flows(FlowFeed feed, FlowWork work, FlowPipeline pipeline) {
    one(Metric.FEED_WAITING, feed::waiting);
    one(Metric.FEED_DROPPED, feed::dropped);
    one(Metric.JOIN_WAITING, () -> work.joiner().held());
    one(Metric.JOIN_EARLY, () -> work.joiner().early());
    one(Metric.INTERVALS_FORGOTTEN, () -> work.increments().forgotten());
    one(Metric.NAMES, () -> work.learnt().size());
    one(Metric.NAMES_OVERFLOWED, () -> work.learnt().overflowed());
    one(Metric.FLOW_ERRORS, pipeline::errors);
  }

  void udp(UdpWatch udp) {
    one(Metric.UDP_CONNECTIONS, udp::followed);
    of(Metric.UDP_EVENTS, UdpCounter.values(), udp::counted);
  }

  void peers(Peers peers) {
    one(Metric.PEERS, () -> peers.book().size());
    one(Metric.PEERS_OVERFLOWED, peers::overflowed);
  }

  void traces(TraceBudget budget, Shipper shipper) {
    of(Metric.TRACES_KEPT, Reason.values(), budget::kept);
    of(Metric.TRACES_SHED, Reason.values(), budget::shed);
    of(Metric.SHIP_EVENTS, ShipCounter.values(), shipper::count);
    one(Metric.SHIP_WAITING, shipper::waiting);
  }

  void adds(ToLongFunction<AddTraces.End> count) {
    of(Metric.ADDS_TRACED, AddTraces.End.values(), count);
  }

  void node(
      ToLongFunction<LinuxCounter> linux,
      ToLongFunction<CaptureCounter> loop,
      Supplier<IpamCounters> ipam) {
    of(Metric.LINUX_EVENTS, LinuxCounter.values(), linux);
    of(Metric.CAPTURE_LOOP_EVENTS, CaptureCounter.values(), loop);
    page.with(Metric.IPAM_EVENTS, () -> ipam(ipam.get()));
    page.with(
        Metric.PROCESS_CPU,
        () ->
            OwnProcess.cpuTime()
                .map(time -> Sample.of((double) time.toNanos() / SECOND_NS))
                .stream()
                .toList());
    page.with(
        Metric.PROCESS_MEMORY,
        () -> OwnProcess.residentBytes().map(bytes -> Sample.of((double) bytes)).stream().toList());
  }

  private static List<Sample> ipam(IpamCounters counters) {
    return List.of(
        Sample.of((double) counters.lines(), "line"),
        Sample.of((double) counters.unparsedLines(), "unparsed_line"),
        Sample.of((double) counters.cutLines(), "cut_line"),
        Sample.of((double) counters.rotations(), "rotation"),
        Sample.of((double) counters.truncations(), "truncation"),
        Sample.of((double) counters.malformedStates(), "malformed_state"),
        Sample.of((double) counters.forgottenAllocations(), "forgotten_allocation"));
  }

  void one(Metric metric, Supplier<? extends Number> value) {
    page.with(metric, () -> List.of(Sample.of(value.get().doubleValue())));
  }

  private <E extends Enum<E>> void of(Metric metric, E[] constants, ToLongFunction<E> value) {
    page.with(
        metric,
        () ->
            Arrays.stream(constants)
                .map(
                    c ->
                        Sample.of((double) value.applyAsLong(c), c.name().toLowerCase(Locale.ROOT)))
                .toList());
  }

  private void byLabel(
      Metric metric,
      Supplier<CaptureNumbers> numbers,
      Function<CaptureNumbers, Map<String, Long>> part) {
    page.with(
        metric,
        () -> {
          List<Sample> samples = new ArrayList<>();
          part.apply(numbers.get())
              .forEach((label, value) -> samples.add(Sample.of(value.doubleValue(), label)));
          return samples;
        });
  }
}
