package io.podhop.bench;

import io.podhop.agent.decode.DecodeStatus;
import io.podhop.agent.decode.Decoder;
import io.podhop.agent.decode.PacketView;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** From bytes to header fields: TCP, UDP, DNS and ICMP as they come. One operation is one packet. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class DecodeBenchmark {
  private static final int BATCH = 1024;

  private final Frames frames = Frames.load();
  private final PacketView view = new PacketView();
  private int next;

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public long decode() {
    long seen = 0;
    for (int i = 0; i < BATCH; i++) {
      DecodeStatus status =
          Decoder.decode(
              Frames.LINK_TYPE,
              frames.bytes,
              frames.offsets[next],
              frames.capturedLengths[next],
              frames.wireLengths[next],
              view);
      seen += status == DecodeStatus.OK ? view.sourceLow() : 1;
      next = next + 1 & frames.count() - 1;
    }
    return seen;
  }
}
