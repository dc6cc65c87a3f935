package io.podhop.agent;

import com.sun.management.OperatingSystemMXBean;
import io.podhop.agent.capture.CaptureLoop;
import io.podhop.agent.capture.CaptureMode;
import io.podhop.agent.capture.CaptureOptions;
import io.podhop.agent.capture.CaptureStats;
import io.podhop.agent.capture.LiveCapture;
import io.podhop.agent.capture.LoopOptions;
import io.podhop.agent.capture.RunningSource;
import io.podhop.agent.flow.FlowTimeouts;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Role;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code podhop bench-capture}: the always-on capture of one interface by itself, for the live
 * benchmark: ring, decoder and flow table as the agent has them, and nothing else.
 */
@Command(
    name = "bench-capture",
    hidden = true,
    mixinStandardHelpOptions = true,
    description = "Capture one interface and print what it cost, for deploy/bench/live.sh.")
public final class BenchCaptureCommand implements Callable<Integer> {
  private static final int MAX_CONNECTIONS = 262_144;
  private static final long LOOK_MS = 20;

  @Spec private CommandSpec spec;

  @Option(names = "--netns", required = true, paramLabel = "PATH")
  private Path netns;

  @Option(names = "--interface", required = true, paramLabel = "NAME")
  private String interfaceName;

  @Option(names = "--seconds", required = true, paramLabel = "N")
  private int seconds;

  @Option(
      names = "--warmup-packets",
      paramLabel = "N",
      defaultValue = "0",
      description = "Packets after which counting begins.")
  private long warmupPackets;

  @Option(names = "--ring-bytes", paramLabel = "N", defaultValue = "2097152")
  private int ringBytes;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "json",
      description = "json only.")
  @SuppressWarnings("UnusedVariable") // as every other command has it
  private String output;

  /** What one measurement gave, after the warm-up. */
  record Result(long received, long kernelDropped, long undecoded, long cpuNs, long flows) {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    FlowFeed feed = new FlowFeed();
    WatchTable table = new WatchTable(MAX_CONNECTIONS, FlowTimeouts.DEFAULT, feed);
    try (NamespaceThread namespaces = new NamespaceThread(new LinuxCounters());
        CaptureLoop loop = CaptureLoop.start(InstantSource.system(), LoopOptions.DEFAULT, table)) {
      LiveCapture capture =
          LiveCapture.open(
              namespaces,
              netns,
              0,
              CaptureOptions.alwaysOn(interfaceName, CaptureMode.HEADERS, ringBytes));
      ObservationPoint point = new ObservationPoint("bench", Role.ENI, 0, 0, interfaceName, "");
      WatchPoint watched = new WatchPoint(0, point, CaptureMode.HEADERS, 0);
      RunningSource running = loop.add(capture, table.ring(watched, 0));
      Result result = measure(running, table, feed);
      spec.commandLine().getOut().println(JsonMapper.shared().writeValueAsString(result));
      spec.commandLine().getOut().flush();
    }
    return 0;
  }

  private Result measure(RunningSource running, WatchTable table, FlowFeed feed)
      throws InterruptedException {
    OperatingSystemMXBean process =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    CaptureStats before = running.stats();
    long cpuBefore = process.getProcessCpuTime();
    boolean warm = warmupPackets == 0;
    long flows = 0;
    while (System.nanoTime() - deadline < 0) {
      // Somebody takes what ends, as in the agent.
      for (FlowEvent event = feed.poll(LOOK_MS); event != null; event = feed.poll()) {
        flows++;
      }
      if (!warm && running.stats().received() >= warmupPackets) {
        warm = true;
        before = running.stats();
        cpuBefore = process.getProcessCpuTime();
      }
    }
    CaptureStats after = running.stats();
    return new Result(
        // Counters are a moment old: the warm-up's own number is exact.
        after.received() - warmupPackets,
        after.droppedByKernel() - before.droppedByKernel(),
        table.undecodable(),
        process.getProcessCpuTime() - cpuBefore,
        flows + table.counts().connections());
  }
}
