package io.podhop.agent.flow;

import io.podhop.model.Direction;
import io.podhop.model.Flow;
import io.podhop.model.IpAddress;
import io.podhop.model.PacketKind;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/** A listener that counts everything and remembers the beginning. */
public final class FlowEvents implements FlowListener {
  private static final int REMEMBERED = 1000;

  private final List<String> firsts = new ArrayList<>();
  private final List<String> answers = new ArrayList<>();
  private final long[] ends = new long[Flow.End.values().length];
  private final IntConsumer atEnd;
  private final IntConsumer atInterval;
  private long firstCount;
  private long endCount;

  public FlowEvents() {
    this(_ -> {}, _ -> {});
  }

  FlowEvents(IntConsumer atEnd, IntConsumer atInterval) {
    this.atEnd = atEnd;
    this.atInterval = atInterval;
  }

  @Override
  public void firstSeen(
      int pointIndex, int slot, PacketKind kind, Direction direction, long timestampNs) {
    firstCount++;
    if (firsts.size() < REMEMBERED) {
      firsts.add(pointIndex + " " + kind + " " + direction + " " + timestampNs);
    }
  }

  @Override
  public void ended(int slot, Flow.End end) {
    endCount++;
    ends[end.ordinal()]++;
    atEnd.accept(slot);
  }

  @Override
  public void interval(int slot) {
    atInterval.accept(slot);
  }

  @Override
  public void answer(int slot, long addressHigh, long addressLow, long ttlSeconds) {
    answers.add(slot + " " + new IpAddress(addressHigh, addressLow) + " " + ttlSeconds);
  }

  List<String> answers() {
    return answers;
  }

  List<String> firsts() {
    return firsts;
  }

  long firstCount() {
    return firstCount;
  }

  long endCount() {
    return endCount;
  }

  long ends(Flow.End end) {
    return ends[end.ordinal()];
  }
}
