package io.podhop.agent.flow;

import static io.podhop.agent.flow.TcpScript.ACK;
import static io.podhop.agent.flow.TcpScript.FIN;
import static io.podhop.agent.flow.TcpScript.SYN;

import io.podhop.agent.decode.Frames;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.TreeSet;

/**
 * A client that uploads segments of 1000 bytes with a fixed window through a network that loses and
 * delays them, seen by a capture on the way that itself loses some. Retransmission is NewReno's:
 * after three duplicate acknowledgments, on partial acknowledgments, and by a timer of 300 ms.
 */
final class TcpSimulation {
  private static final int SEGMENT = 1000;
  private static final int WINDOW = 12;
  private static final long TO_POINT_US = 400;
  private static final long TO_SERVER_US = 700;
  private static final long TIMER_US = 300_000;
  private static final int SERVER_ISN = 77_000;

  private final Faults faults;
  private final long isn;
  private final int count;
  private final Random random;
  private final TcpScript script;
  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::us).thenComparingLong(Event::order));
  private final TreeSet<Integer> received = new TreeSet<>();
  private long order;
  private int expected;
  private int sent;
  private int acked;
  private int duplicates;
  private int recoverTo = -1;
  private long timerUs;
  private int capturedFrom;

  /** Chances of what befalls a packet. */
  record Faults(double lostBefore, double lostAfter, double lostAtCapture, double overtaken) {
    static final Faults NONE = new Faults(0, 0, 0, 0);
  }

  private record Event(long us, long order, Runnable what) {}

  TcpSimulation(int port, Faults faults, long isn, int count, long seed) {
    this.script = new TcpScript(port);
    this.faults = faults;
    this.isn = isn;
    this.count = count;
    this.random = new Random(seed);
  }

  /** The capture begins when so many microseconds have gone. */
  TcpSimulation capturedFrom(int us) {
    capturedFrom = us;
    return this;
  }

  TcpScript run() {
    script.at(TO_POINT_US);
    record(() -> script.client(isn, 0, SYN, 0, Frames.hex("020405b4")), TO_POINT_US);
    long answered = TO_POINT_US + 2 * TO_SERVER_US;
    record(() -> script.server(SERVER_ISN, seq(0), SYN | ACK, 0, Frames.hex("020405b4")), answered);
    long acknowledged = answered + 2 * TO_POINT_US;
    record(() -> script.client(seq(0), SERVER_ISN + 1, ACK, 0), acknowledged);
    at(acknowledged, () -> fill(acknowledged));
    long nowUs = 0;
    while (!events.isEmpty()) {
      Event event = events.poll();
      nowUs = event.us();
      event.what().run();
    }
    if (acked != count) {
      throw new IllegalStateException("stuck at " + acked);
    }
    script.at(nowUs + 1000).client(seq(count), SERVER_ISN + 1, FIN | ACK, 0);
    script.at(nowUs + 2400).server(SERVER_ISN + 1, seq(count) + 1, FIN | ACK, 0);
    script.at(nowUs + 3200).client(seq(count) + 1, SERVER_ISN + 2, ACK, 0);
    return script;
  }

  private void record(Runnable packet, long us) {
    script.at(us);
    if (us >= capturedFrom) {
      packet.run();
    }
  }

  private void at(long us, Runnable what) {
    events.add(new Event(us, order++, what));
  }

  private long seq(int segment) {
    return isn + 1 + (long) SEGMENT * segment & 0xffff_ffffL;
  }

  private void fill(long us) {
    long next = us;
    while (sent < count && sent < acked + WINDOW) {
      transmit(sent++, next);
      next += 20;
    }
  }

  private void transmit(int segment, long us) {
    timerUs = us + TIMER_US;
    at(timerUs, this::timer);
    if (random.nextDouble() < faults.lostBefore()) {
      return;
    }
    long delay = random.nextDouble() < faults.overtaken() ? 100 + random.nextInt(150) : 0;
    boolean captured = random.nextDouble() >= faults.lostAtCapture();
    boolean arrives = random.nextDouble() >= faults.lostAfter();
    at(us + delay + TO_POINT_US, () -> pass(segment, us + delay + TO_POINT_US, captured, arrives));
  }

  private void pass(int segment, long us, boolean captured, boolean arrives) {
    if (captured) {
      record(() -> script.client(seq(segment), SERVER_ISN + 1, ACK, SEGMENT), us);
    }
    if (arrives) {
      at(us + TO_SERVER_US, () -> receive(segment, us + TO_SERVER_US));
    }
  }

  private void receive(int segment, long us) {
    if (segment >= expected) {
      received.add(segment);
    }
    while (received.remove(expected)) {
      expected++;
    }
    int ack = expected;
    boolean captured = random.nextDouble() >= faults.lostAtCapture();
    at(us + TO_SERVER_US, () -> passAck(ack, us + TO_SERVER_US, captured));
  }

  private void passAck(int ack, long us, boolean captured) {
    if (captured) {
      record(() -> script.server(SERVER_ISN + 1, seq(ack), ACK, 0), us);
    }
    at(us + TO_POINT_US, () -> acknowledge(ack, us + TO_POINT_US));
  }

  private void acknowledge(int ack, long us) {
    if (ack > acked) {
      acked = ack;
      duplicates = 0;
      if (acked < recoverTo) {
        transmit(acked, us);
      }
      fill(us);
    } else if (ack == acked && acked < sent) {
      duplicates++;
      if (duplicates == 3 && acked >= recoverTo) {
        recoverTo = sent;
        transmit(acked, us);
      }
    }
  }

  private void timer() {
    if (acked < sent && !events.isEmpty() && events.peek().us() > timerUs
        || acked < sent && events.isEmpty()) {
      recoverTo = sent;
      duplicates = 0;
      transmit(acked, timerUs);
    }
  }
}
