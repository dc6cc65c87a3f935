package io.podhop.cli.command;

import io.podhop.cli.client.CaptureNews;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Trace;
import io.podhop.pcapng.PcapngWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The news of one capture until the last; packets go to the spool. */
final class CaptureGathering {
  private final PacketSpool spool;
  private final List<ObservationPoint> points = new ArrayList<>();
  private final List<Trace> traces = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  /** Read by the display, which has a thread of its own. */
  private final AtomicLong packets = new AtomicLong();

  private final AtomicLong bytes = new AtomicLong();

  /** Read by whoever ends the capture. */
  private volatile String captureId = "";

  private CaptureNews.@Nullable Ended ended;
  private CaptureNews.@Nullable Refused refused;

  CaptureGathering(PacketSpool spool) {
    this.spool = spool;
  }

  void accept(CaptureNews news) {
    switch (news) {
      case CaptureNews.Started started -> {
        captureId = started.captureId();
        points.addAll(started.points());
        warnings.addAll(started.warnings());
      }
      case CaptureNews.Captured captured -> keep(captured.packets());
      case CaptureNews.Traced traced -> traces.add(traced.trace());
      case CaptureNews.Ended last -> {
        ended = last;
        warnings.addAll(last.notes());
      }
      case CaptureNews.Refused last -> refused = last;
    }
  }

  private void keep(List<CaptureNews.Packet> captured) {
    try {
      for (CaptureNews.Packet packet : captured) {
        if (packet.point() < 0 || packet.point() >= points.size()) {
          throw new IllegalArgumentException("a packet of a point that was not named");
        }
        if (packet.data().remaining() > PcapngWriter.MAX_CAPTURED_BYTES) {
          throw new IllegalArgumentException("a packet larger than there are any");
        }
        spool.add(packet);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    packets.set(spool.packets());
    bytes.set(spool.dataBytes());
  }

  /** As the collector names it; empty before it has started. */
  String captureId() {
    return captureId;
  }

  PacketSpool spool() {
    return spool;
  }

  List<ObservationPoint> points() {
    return points;
  }

  List<Trace> traces() {
    return traces;
  }

  List<String> warnings() {
    return warnings;
  }

  long packets() {
    return packets.get();
  }

  long bytes() {
    return bytes.get();
  }

  CaptureNews.@Nullable Ended ended() {
    return ended;
  }

  CaptureNews.@Nullable Refused refused() {
    return refused;
  }

  long dropped() {
    CaptureNews.Ended last = ended;
    return spool.refused() + (last == null ? 0 : last.dropped());
  }

  /** In one or two words. */
  String why() {
    CaptureNews.Ended last = ended;
    if (last == null) {
      return "interruption, connections not judged";
    }
    return switch (last.why()) {
      case TIME -> "time";
      case SIZE -> "size";
      case ASKED -> "interruption";
      case AGENT_LOST -> "loss of the agents";
    };
  }
}
