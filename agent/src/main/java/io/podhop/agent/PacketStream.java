package io.podhop.agent;

import com.google.protobuf.ByteString;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.Packet;
import io.podhop.v1.PacketCapture;
import io.podhop.v1.Packets;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Frames of one capture on their way to the collector: copied on the capture thread into batches,
 * sent on a thread of its own ("podhop-packets") no faster than the collector reads. What finds no
 * room is counted, and the count is told with whatever is sent next.
 */
final class PacketStream implements AutoCloseable {
  /** A batch is sent when it has this many bytes, or is {@link #FLUSH_MS} old. */
  static final int BATCH_BYTES = 64 << 10;

  static final long FLUSH_MS = 100;

  /** Bytes that may wait to be sent; more are dropped. */
  static final long QUEUE_BYTES = 8 << 20;

  /** How long the collector may take to read what is left at the end. */
  static final long END_MS = 2_000;

  /** What a packet takes in a batch beside its bytes, about. */
  private static final int PACKET_OVERHEAD = 32;

  private static final long RETRY_MS = 1;

  private final String requestId;
  private final long maxBytes;
  private final Predicate<AgentMessage> sendIfReady;
  private final Thread thread = new Thread(this::run, "podhop-packets");
  private final Deque<Packets.Builder> batches = new ArrayDeque<>();
  private Packets.Builder batch = Packets.newBuilder();
  private int batchBytes;
  private long waitingBytes;
  private long takenBytes;
  private long dropped;
  private long droppedTold;
  private boolean fullTold;
  private boolean ending;
  private volatile boolean givenUp;

  /**
   * @param sendIfReady sends a message, or returns false when the collector does not read it now
   */
  PacketStream(String requestId, PacketCapture asked, Predicate<AgentMessage> sendIfReady) {
    this.requestId = requestId;
    this.maxBytes = asked.getMaxBytes() > 0 ? asked.getMaxBytes() : Long.MAX_VALUE;
    this.sendIfReady = sendIfReady;
    thread.setDaemon(true);
  }

  /** The pcap filter of a point: a node's own interfaces carry all pods' packets. */
  static String filter(ObservationPoint point, String asked, Collection<IpAddress> addresses) {
    boolean shared =
        switch (point.role()) {
          case ENI, BRANCH_ENI -> true;
          case POD_ETH0, HOST_VETH, FILE -> false;
        };
    if (!shared) {
      return asked;
    }
    String hosts =
        addresses.stream()
            .sorted()
            .map(address -> "host " + address)
            .collect(Collectors.joining(" or "));
    return asked.isEmpty() ? hosts : "(" + asked + ") and (" + hosts + ")";
  }

  /** Begins to send; frames may come before. */
  void start() {
    thread.start();
  }

  /** Takes a copy of a frame; never waits for the collector. */
  synchronized void frame(
      int point, byte[] buffer, int offset, int captured, int wireLength, long timestampNs) {
    if (ending || takenBytes >= maxBytes) {
      return;
    }
    int bytes = captured + PACKET_OVERHEAD;
    if (waitingBytes + bytes > QUEUE_BYTES) {
      dropped++;
      return;
    }
    batch.addPackets(
        Packet.newBuilder()
            .setPoint(point)
            .setTimeNs(timestampNs)
            .setWireLength(wireLength)
            .setData(ByteString.copyFrom(buffer, offset, captured)));
    takenBytes += captured;
    waitingBytes += bytes;
    batchBytes += bytes;
    if (batchBytes >= BATCH_BYTES || takenBytes >= maxBytes) {
      seal();
    }
  }

  private void seal() {
    if (batch.getPacketsCount() > 0) {
      batches.add(batch);
      batch = Packets.newBuilder();
      batchBytes = 0;
      notifyAll();
    }
  }

  /** Sends what is left and the last count; returns when that is done, or has taken too long. */
  void end() {
    synchronized (this) {
      ending = true;
      seal();
      notifyAll();
    }
    try {
      thread.join(END_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    close();
  }

  /** Forgets what is left. */
  @Override
  public void close() {
    givenUp = true;
    synchronized (this) {
      ending = true;
      notifyAll();
    }
  }

  private void run() {
    try {
      for (Packets.Builder next = next(); next != null; next = next()) {
        send(next);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The next batch, or the empty one that tells what was dropped; null after the last. */
  private synchronized Packets.@Nullable Builder next() throws InterruptedException {
    while (batches.isEmpty()) {
      if (ending) {
        boolean allTold = dropped == droppedTold && fullTold == takenBytes >= maxBytes;
        return allTold || givenUp ? null : Packets.newBuilder();
      }
      wait(FLUSH_MS);
      if (batches.isEmpty()) {
        seal();
      }
    }
    return batches.remove();
  }

  private void send(Packets.Builder packets) throws InterruptedException {
    AgentMessage message = message(packets);
    while (!givenUp && !sendIfReady.test(message)) {
      TimeUnit.MILLISECONDS.sleep(RETRY_MS);
    }
    synchronized (this) {
      droppedTold = packets.getDropped();
      fullTold = packets.getFull();
      packets
          .getPacketsList()
          .forEach(packet -> waitingBytes -= packet.getData().size() + PACKET_OVERHEAD);
    }
  }

  private synchronized AgentMessage message(Packets.Builder packets) {
    packets
        .setRequestId(requestId)
        .setDropped(dropped)
        .setFull(takenBytes >= maxBytes && batches.isEmpty());
    return AgentMessage.newBuilder().setPackets(packets).build();
  }
}
