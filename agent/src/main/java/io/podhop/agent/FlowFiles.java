package io.podhop.agent;

import io.podhop.agent.capture.Ending;
import io.podhop.agent.capture.FileInterface;
import io.podhop.agent.capture.FrameHandler;
import io.podhop.agent.capture.PacketSource;
import io.podhop.agent.capture.PcapFile;
import io.podhop.agent.correlate.LearntNames;
import io.podhop.agent.decode.DecodeStatus;
import io.podhop.agent.decode.Decoder;
import io.podhop.agent.flow.FlowListener;
import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.flow.FlowTable;
import io.podhop.agent.flow.FlowTimeouts;
import io.podhop.agent.flow.PacketBatch;
import io.podhop.agent.judge.FlowJudge;
import io.podhop.agent.judge.Thresholds;
import io.podhop.model.Direction;
import io.podhop.model.Endpoint;
import io.podhop.model.Flow;
import io.podhop.model.IpAddress;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Owner;
import io.podhop.model.PacketKind;
import io.podhop.model.Role;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The connections of capture files, by the same decoder, table and judge that watch a node. Every
 * interface of every file is a point of its own; the files' own times are the clock.
 */
public final class FlowFiles {
  /** Connections that are followed at a time, times points. */
  static final int MAX_CONNECTIONS = 262_144;

  /** Interfaces of one file; frames of further ones are not read. */
  static final int MAX_INTERFACES = 1_024;

  private static final int BATCH_FRAMES = 16_384;
  private static final long SWEEP_EVERY_NS = TimeUnit.MILLISECONDS.toNanos(100);

  /** A connection's silence is noticed so late at most, by the time of the file. */
  private static final long SWEEP_ALL_NS = TimeUnit.SECONDS.toNanos(5);

  private static final int MIN_SWEEP = 1_024;
  private static final int SWEEP_PARTS = 5;

  private FlowFiles() {}

  /**
   * Hands on every connection as it ends, the rest at the end of its file.
   *
   * @throws IOException when a file cannot be read; all before the damage was handed on
   */
  public static void read(List<Path> files, Consumer<Flow> flows) throws IOException {
    for (Path file : files) {
      try (PcapFile source = PcapFile.open(file, "")) {
        new Reading(source, flows).toTheEnd();
      }
    }
  }

  private static final class Reading implements FrameHandler, FlowListener {
    private final PcapFile file;
    private final Consumer<Flow> flows;
    private final LearntNames<IpAddress> learnt = new LearntNames<>();
    private final FlowTable table =
        new FlowTable(MAX_INTERFACES, MAX_CONNECTIONS, FlowTimeouts.DEFAULT, this);
    private final PacketBatch batch = new PacketBatch(table);
    private long lastNs;
    private long sweptNs;

    Reading(PcapFile file, Consumer<Flow> flows) {
      this.file = file;
      this.flows = flows;
    }

    void toTheEnd() throws IOException {
      while (file.poll(this, BATCH_FRAMES) != PacketSource.ENDED) {
        if (lastNs - sweptNs >= SWEEP_EVERY_NS) {
          sweep(Math.max(MIN_SWEEP, table.size() / SWEEP_PARTS));
        }
      }
      batch.flush();
      table.finish(lastNs);
      if (file.ending().reason() == Ending.Reason.READ_FAILED) {
        throw new IOException(file.name() + " ends early: " + file.ending().detail());
      }
    }

    private void sweep(int maxSlots) {
      sweptNs = lastNs;
      batch.flush();
      table.sweep(lastNs, maxSlots);
    }

    @Override
    public void frame(
        int linkType,
        byte[] buffer,
        int offset,
        int capturedLength,
        int wireLength,
        long timestampNs) {
      int point = file.interfaceIndex();
      lastNs = Math.max(lastNs, timestampNs);
      if (lastNs - sweptNs >= SWEEP_ALL_NS) {
        sweep(Integer.MAX_VALUE);
      }
      if (point < MAX_INTERFACES
          && Decoder.decode(linkType, buffer, offset, capturedLength, wireLength, batch.next())
              == DecodeStatus.OK) {
        batch.add(point, timestampNs);
      }
    }

    @Override
    public void firstSeen(
        int pointIndex, int slot, PacketKind kind, Direction direction, long timestampNs) {
      // A file is read when everything in it is over.
    }

    @Override
    public void ended(int slot, Flow.End end) {
      flows.accept(flow(table.record(slot)));
    }

    @Override
    public void interval(int slot) {
      // One line for a connection, however long.
    }

    @Override
    public void answer(int slot, long addressHigh, long addressLow, long ttlSeconds) {
      // Names hold for the host that asked, alone.
      FlowTable.Question question = table.question(slot);
      learnt.learn(
          question.asker(),
          question.name(),
          new IpAddress(addressHigh, addressLow),
          ttlSeconds,
          question.lastNs());
    }

    private Flow flow(FlowRecord record) {
      Flow.Outcome outcome = new FlowJudge(record, 0, Thresholds.DEFAULT).outcome();
      return new Flow(
          "",
          point(record.pointIndex()),
          record.key(),
          new Endpoint(record.key().source(), record.key().sourcePort(), new Owner.Unknown()),
          new Endpoint(
              record.key().destination(),
              record.key().destinationPort(),
              learnt
                  .name(record.key().source(), record.key().destination(), record.firstNs())
                  .<Owner>map(Owner.External::new)
                  .orElse(new Owner.Unknown())),
          record.end(),
          record.firstNs(),
          record.lastNs(),
          record.request(),
          record.reply(),
          record.tcp(),
          record.dns(),
          record.tunnel(),
          outcome,
          new Flow.Sight("file", 0));
    }

    private ObservationPoint point(int index) {
      FileInterface from = file.interfaces().get(index);
      String name = from.name().isEmpty() ? file.name() : from.name();
      return new ObservationPoint("", Role.FILE, 0, index, name, "");
    }
  }
}
