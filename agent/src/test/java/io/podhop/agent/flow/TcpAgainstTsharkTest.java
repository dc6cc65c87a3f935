package io.podhop.agent.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.capture.Tools;
import io.podhop.agent.flow.TcpScript.Packet;
import io.podhop.agent.flow.TcpSimulation.Faults;
import io.podhop.model.Rtt;
import io.podhop.model.TcpHalf;
import io.podhop.model.TcpQuality;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same captures through the table and through tshark's tcp.analysis, compared by connection.
 */
class TcpAgainstTsharkTest {
  private static final int SEEDS = 12;
  private static final int FIRST_PORT = 40_000;
  private static final long WRAPPING_ISN = 0xffff_0000L;

  private static final List<String> FIELDS =
      List.of(
          "tcp.srcport",
          "tcp.dstport",
          "tcp.analysis.retransmission",
          "tcp.analysis.fast_retransmission",
          "tcp.analysis.spurious_retransmission",
          "tcp.analysis.out_of_order",
          "tcp.analysis.duplicate_ack",
          "tcp.analysis.zero_window",
          "tcp.analysis.lost_segment",
          "tcp.analysis.ack_lost_segment",
          "tcp.analysis.ack_rtt",
          "tcp.analysis.initial_rtt",
          "tcp.seq_raw",
          "tcp.ack_raw",
          "tcp.len",
          "frame.time_epoch");

  /** Where tshark counts differently, packet by packet. Everything else must be equal. */
  private enum Difference {
    /**
     * A segment that passed here before is sent again, whenever it comes. tshark calls it out of
     * order when it comes within a round trip of new data: it does not remember what passed.
     */
    REPEAT_SOON_AFTER_NEW_DATA,

    /**
     * A segment that never passed comes more than a round trip after the one that should have been
     * behind it: it was lost before this point and is sent again. tshark measures from the latest
     * new data, which a sender in recovery goes on sending.
     */
    LATE_BUT_SOON_AFTER_NEW_DATA,

    /**
     * An acknowledgment that repeats the last one says nothing of a loss when nothing is
     * outstanding (RFC 5681, 2, condition a), as after a segment that was sent twice.
     */
    NOTHING_OUTSTANDING,

    /**
     * Joined late: what the acknowledgments ask for has not been seen yet, so neither has a loss.
     */
    NO_DATA_SEEN_YET
  }

  @TempDir Path folder;

  private final Map<Integer, String> names = new TreeMap<>();
  private final List<Packet> packets = new ArrayList<>();
  private final Map<Difference, Integer> explained = new EnumMap<>(Difference.class);

  @Test
  void simulatedConnections_areJudgedAsTsharkDoes() throws Exception {
    simulate();
    packets.sort(Comparator.comparingLong(Packet::ns));
    Path file = folder.resolve("simulated.pcap");
    TcpScript.writePcap(file, packets);
    FlowTable table = new FlowTable(1, 1000, FlowTimeouts.KEEP_ALL, new FlowEvents());
    TcpScript all = new TcpScript(0);
    all.packets().addAll(packets);
    all.play(table);

    Map<Integer, Theirs> theirs = tshark(file);
    List<String> differences = new ArrayList<>();
    for (FlowRecord flow : table.snapshot()) {
      int port = flow.key().sourcePort();
      differences.addAll(compare(names.get(port), flow.tcp().orElseThrow(), theirs.get(port)));
    }
    assertThat(table.size()).isEqualTo(names.size());
    assertThat(differences).isEmpty();
    assertThat(explained.keySet()).containsExactly(Difference.values());
  }

  private void simulate() {
    for (int seed = 0; seed < SEEDS; seed++) {
      add("clean", seed, Faults.NONE, WRAPPING_ISN, 0);
      add("lost before", seed, new Faults(.03, 0, 0, 0), 1000, 0);
      add("lost after", seed, new Faults(0, .03, 0, 0), WRAPPING_ISN, 0);
      add("lost at capture", seed, new Faults(0, 0, .03, 0), 1000, 0);
      add("overtaken", seed, new Faults(0, 0, 0, .02), 1000, 0);
      add("joined late", seed, new Faults(.01, .01, 0, 0), 1000, 9000);
      add("all of it", seed, new Faults(.01, .01, .01, .01), WRAPPING_ISN, 0);
    }
  }

  private void add(String name, int seed, Faults faults, long isn, int capturedFromUs) {
    int port = FIRST_PORT + names.size();
    names.put(port, name + " " + seed);
    TcpSimulation simulation = new TcpSimulation(port, faults, isn, 200, seed);
    packets.addAll(simulation.capturedFrom(capturedFromUs).run().packets());
  }

  private static List<String> compare(String name, TcpQuality ours, Theirs theirs) {
    List<String> differences = new ArrayList<>();
    TcpHalf client = ours.client();
    long again = client.retransmits() + client.timeouts();
    check(differences, name + ": sent again", again, theirs.retransmissions);
    check(differences, name + ": out of order", client.outOfOrder(), theirs.outOfOrder);
    check(
        differences,
        name + ": duplicate ACKs",
        ours.server().duplicateAcks(),
        theirs.duplicateAcks);
    check(
        differences,
        name + ": loss at the capture",
        Math.min(client.unseenBytes(), 1),
        Math.min(theirs.acksOfUnseen, 1));
    if (ours.synSeen() && ours.handshakeNs() >= 0 && ours.handshakeAckNs() >= 0) {
      long initial = ours.handshakeNs() + ours.handshakeAckNs();
      check(differences, name + ": initial RTT", initial, theirs.initialRttNs);
    }
    Rtt rtt = client.rtt();
    if (rtt.count() > 0) {
      assertThat(rtt.minNs()).as(name).isGreaterThanOrEqualTo(theirs.leastRttNs);
      // An ACK that covers more than one segment is a sample for us and none for tshark.
      if (name.startsWith("clean")) {
        assertThat(rtt.maxNs()).as(name).isLessThanOrEqualTo(theirs.greatestRttNs);
      }
    }
    return differences;
  }

  private static void check(List<String> into, String what, long ours, long theirs) {
    if (ours != theirs) {
      into.add(what + ", " + ours + " for " + theirs);
    }
  }

  private final class Theirs {
    private final Map<String, Long> seen = new HashMap<>();
    private int nextSequence;

    long retransmissions;
    long outOfOrder;
    long duplicateAcks;
    long acksOfUnseen;
    long initialRttNs = -1;
    long leastRttNs = Long.MAX_VALUE;
    long greatestRttNs;

    void add(String[] fields) {
      boolean fromClient = !fields[0].equals(String.valueOf(TcpScript.SERVER_PORT));
      noteOrder(fields);
      duplicateAcks += !fields[6].isEmpty() && isDuplicate(fields) ? 1 : 0;
      acksOfUnseen += fields[9].isEmpty() ? 0 : 1;
      if (fromClient) {
        noteData(fields);
      } else if (!fields[10].isEmpty()) {
        leastRttNs = Math.min(leastRttNs, ns(fields[10]));
        greatestRttNs = Math.max(greatestRttNs, ns(fields[10]));
      }
      initialRttNs = fields[11].isEmpty() ? initialRttNs : ns(fields[11]);
    }

    private void noteOrder(String[] fields) {
      boolean again = !fields[2].isEmpty() || !fields[3].isEmpty() || !fields[4].isEmpty();
      boolean early = !fields[5].isEmpty();
      boolean explained = early && (isRepeat(fields) || isLate(fields));
      retransmissions += again || explained ? 1 : 0;
      outOfOrder += early && !explained ? 1 : 0;
    }

    private boolean isRepeat(String[] fields) {
      boolean repeat = seen.containsKey(fields[12]);
      if (repeat) {
        explain(Difference.REPEAT_SOON_AFTER_NEW_DATA);
      }
      return repeat;
    }

    private boolean isLate(String[] fields) {
      int sequence = Integer.parseUnsignedInt(fields[12]);
      long overtakenNs = Long.MAX_VALUE;
      for (Map.Entry<String, Long> other : seen.entrySet()) {
        if (Integer.parseUnsignedInt(other.getKey()) - sequence > 0) {
          overtakenNs = Math.min(overtakenNs, other.getValue());
        }
      }
      boolean late = ns(fields[15]) - overtakenNs > roundTripNs();
      if (late) {
        explain(Difference.LATE_BUT_SOON_AFTER_NEW_DATA);
      }
      return late;
    }

    /** Both take 3 ms for a connection whose handshake they have not seen. */
    private long roundTripNs() {
      return initialRttNs >= 0 ? initialRttNs : 3_000_000;
    }

    private boolean isDuplicate(String[] fields) {
      if (seen.isEmpty()) {
        explain(Difference.NO_DATA_SEEN_YET);
        return false;
      }
      if (Integer.parseUnsignedInt(fields[13]) == nextSequence) {
        explain(Difference.NOTHING_OUTSTANDING);
        return false;
      }
      return true;
    }

    private void noteData(String[] fields) {
      if (fields[14].equals("0")) {
        return;
      }
      int end = Integer.parseUnsignedInt(fields[12]) + Integer.parseInt(fields[14]);
      if (seen.isEmpty() || end - nextSequence > 0) {
        nextSequence = end;
      }
      seen.putIfAbsent(fields[12], ns(fields[15]));
    }

    private void explain(Difference difference) {
      explained.merge(difference, 1, Integer::sum);
    }

    private static long ns(String seconds) {
      return new BigDecimal(seconds).movePointRight(9).longValue();
    }
  }

  private Map<Integer, Theirs> tshark(Path file) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("tshark", "-n", "-r", file.toString()));
    command.addAll(List.of("-T", "fields", "-E", "separator=;", "-E", "occurrence=f"));
    FIELDS.forEach(field -> command.addAll(List.of("-e", field)));
    Map<Integer, Theirs> byPort = new TreeMap<>();
    for (String line : Tools.run(command.toArray(String[]::new)).split("\n")) {
      String[] fields = line.split(";", -1);
      int source = Integer.parseInt(fields[0]);
      int port = source == TcpScript.SERVER_PORT ? Integer.parseInt(fields[1]) : source;
      byPort.computeIfAbsent(port, _ -> new Theirs()).add(fields);
    }
    return byPort;
  }
}
