package io.podhop.bench;

import io.podhop.agent.decode.DecodeStatus;
import io.podhop.agent.decode.Decoder;
import io.podhop.agent.decode.PacketView;
import io.podhop.agent.flow.FlowListener;
import io.podhop.agent.flow.FlowTable;
import io.podhop.agent.flow.FlowTimeouts;
import io.podhop.model.Direction;
import io.podhop.model.Flow;
import io.podhop.model.PacketKind;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Decode, flow update and the sweep, as the capture thread does them. One operation is one packet,
 * one invocation all frames. Each invocation has other hosts at a later time, so its connections
 * are new to a table that stays: after the warm-up it is full of older ones.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FlowBenchmark {
  /** What jmh.sh generates. */
  private static final int FRAMES = 1 << 20;

  private static final int MAX_FLOWS = 1 << 18;
  private static final int SWEEP_EVERY = 1024;
  private static final int SWEEP_SLOTS = 256;
  private static final int SOURCE_ADDRESS = 14 + 12;
  private static final int DESTINATION_ADDRESS = 14 + 16;

  private final Frames frames = Frames.load();
  private final PacketView view = new PacketView();
  private final FlowTable table =
      new FlowTable(1, MAX_FLOWS, FlowTimeouts.DEFAULT, new Ignored());
  private long shiftNs;
  private byte hosts;

  @Setup(Level.Invocation)
  public void otherHostsLater() {
    shiftNs += frames.timestampsNs[FRAMES - 1] - frames.timestampsNs[0];
    hosts++;
    for (int at : frames.offsets) {
      frames.bytes[at + SOURCE_ADDRESS + 1] = hosts;
      frames.bytes[at + DESTINATION_ADDRESS + 1] = hosts;
    }
  }

  @Benchmark
  @OperationsPerInvocation(FRAMES)
  public FlowTable decodeAndUpdate() {
    for (int i = 0; i < FRAMES; i++) {
      long timestampNs = frames.timestampsNs[i] + shiftNs;
      DecodeStatus status =
          Decoder.decode(
              Frames.LINK_TYPE,
              frames.bytes,
              frames.offsets[i],
              frames.capturedLengths[i],
              frames.wireLengths[i],
              view);
      if (status == DecodeStatus.OK) {
        table.accept(0, view, timestampNs);
      }
      if (i % SWEEP_EVERY == 0) {
        table.sweep(timestampNs, SWEEP_SLOTS);
      }
    }
    return table;
  }

  private static final class Ignored implements FlowListener {
    @Override
    public void firstSeen(
        int pointIndex, int slot, PacketKind kind, Direction direction, long timestampNs) {}

    @Override
    public void ended(int slot, Flow.End end) {}

    @Override
    public void interval(int slot) {}

    @Override
    public void answer(int slot, long addressHigh, long addressLow, long ttlSeconds) {}
  }
}
