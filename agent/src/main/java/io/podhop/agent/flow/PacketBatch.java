package io.podhop.agent.flow;

import io.podhop.agent.decode.PacketView;

/**
 * Packets on their way into a {@link FlowTable}, a few at a time. Their connections lie anywhere in
 * memory larger than the caches: asking for all of them at once waits once where asking one by one
 * waits for each. Order is kept. One thread owns it, as the table.
 *
 * <pre>
 *   PacketView view = batch.next();          decode into it
 *   batch.add(point, timestampNs);           when it is OK
 *   batch.flush();                           before anything else is done with the table
 * </pre>
 */
public final class PacketBatch {
  static final int SIZE = 8;

  private final FlowTable table;
  private final PacketView[] views = new PacketView[SIZE];
  private final int[] points = new int[SIZE];
  private final long[] timestampsNs = new long[SIZE];
  private int count;

  public PacketBatch(FlowTable table) {
    this.table = table;
    for (int i = 0; i < SIZE; i++) {
      views[i] = new PacketView();
    }
  }

  /** Where the next packet is decoded into; the same until {@link #add}. */
  public PacketView next() {
    return views[count];
  }

  /** Takes in the packet of {@link #next}, now or together with those that follow. */
  public void add(int point, long timestampNs) {
    PacketView view = views[count];
    points[count] = point;
    timestampsNs[count] = timestampNs;
    count++;
    if (count == SIZE || view.readsBuffer()) {
      flush();
    }
  }

  /** Takes in what waits. */
  public void flush() {
    int waiting = count;
    count = 0;
    table.lookAhead(points, views, waiting);
    for (int i = 0; i < waiting; i++) {
      table.accept(points[i], views[i], timestampsNs[i]);
    }
  }
}
