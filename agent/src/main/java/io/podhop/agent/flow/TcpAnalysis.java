package io.podhop.agent.flow;

import io.podhop.agent.decode.PacketView;
import io.podhop.model.Direction;

/**
 * Follows the two sequence spaces of a TCP connection from somewhere on its way: what was sent
 * again and why, what overtook what, what the capture missed, how long acknowledgments took.
 * Sequence numbers are compared by RFC 1982, so that they may wrap.
 *
 * <p>A segment below the highest sequence number is
 *
 * <ul>
 *   <li>a keep-alive, when it is the one byte before it and was acknowledged (RFC 9293, 3.8.4);
 *   <li>out of order, when it fills a hole within a round trip of the segment that made it (3 ms
 *       while the round trip is unknown) and no three duplicate acknowledgments asked for it;
 *   <li>else sent again. It is a timeout's, when its end paused for at least 200 ms and two round
 *       trips and there was no recent sign of loss; so is what follows until new data is sent. Else
 *       it is a fast retransmission: no timer is that fast.
 * </ul>
 */
final class TcpAnalysis {
  /** The largest window there can be (RFC 7323): what jumps further is another connection's. */
  private static final int MAX_JUMP = 1 << 30;

  private static final int MAX_WINDOW_SCALE = 14;
  private static final int DUPLICATES_OF_LOSS = 3;
  private static final long MIN_TIMEOUT_TICKS = Ticks.ofDuration(200_000_000);
  private static final long REORDERING_TICKS = Ticks.ofDuration(3_000_000);
  private static final long MIN_SIGN_TICKS = Ticks.ofDuration(20_000_000);
  private static final int PURE = PacketView.SYN | PacketView.FIN | PacketView.RST;

  private final Half sender = new Half();
  private final Half receiver = new Half();

  /** Takes in a segment of the slot's connection that goes in this direction. */
  void segment(Slot slot, Direction direction, PacketView view, long ns) {
    if (view.hasFlag(PacketView.RST)) {
      return;
    }
    sender.at(slot, direction);
    receiver.at(slot, direction.opposite());
    int sequence = (int) view.tcpSequence();
    int length = view.payloadLength();
    if (length > MAX_JUMP) {
      return;
    }
    if (view.hasFlag(PacketView.SYN)) {
      noteSyn(view, sequence, length, ns);
    } else {
      noteSequence(sequence, length, length + (view.tcpFlags() & PacketView.FIN), ns);
    }
    boolean current = true;
    if (view.hasFlag(PacketView.ACK)) {
      current = noteAck(view, sequence, (int) view.tcpAcknowledgment(), ns);
    }
    if (current) {
      noteWindow(view);
    }
  }

  /** The server's ISN is what the first acknowledgment of the handshake says, if unseen. */
  static void learnIsn(Half half, int isn) {
    if (!half.has(Half.ISN)) {
      half.isn(isn);
    }
  }

  private void noteSyn(PacketView view, int sequence, int length, long ns) {
    int end = sequence + 1 + length;
    if (sender.has(Half.SYN) && sender.isn() == sequence) {
      sender.increment(Half.TIMEOUTS);
      sender.remove(Half.SAMPLING);
      sender.dataTick(Ticks.of(ns));
      return;
    }
    if (sender.has(Half.ISN) && sender.isn() != sequence) {
      sender.remove(Half.SEQUENCE | Half.SAMPLING);
      sender.holes(0);
      receiver.remove(Half.ACKED);
    }
    sender.isn(sequence);
    sender.add(Half.SYN | (length > 0 ? Half.FIRST_BYTE : 0));
    sender.mss(Math.max(0, view.tcpMss()));
    sender.windowScale(Math.min(view.tcpWindowScale(), MAX_WINDOW_SCALE));
    sender.dataTick(Ticks.of(ns));
    int behind = sender.nextSequence() - end;
    if (!sender.has(Half.SEQUENCE) || behind < 0 || behind > MAX_JUMP) {
      sender.nextSequence(end);
      sender.add(Half.SEQUENCE);
      sender.sample(sequence + 1, ns);
    }
  }

  /**
   * @param space of the sequence numbers that the segment takes: its payload and its FIN
   */
  private void noteSequence(int sequence, int length, int space, long ns) {
    int ahead = sequence - sender.nextSequence();
    if (!sender.has(Half.SEQUENCE)) {
      join(sequence, space, ns);
    } else if (ahead > MAX_JUMP || ahead < -MAX_JUMP) {
      sender.holes(0);
      sender.remove(Half.SAMPLING | Half.IN_TIMEOUT);
      sender.nextSequence(sequence + space);
    } else if (ahead > 0 || ahead == 0 && space > 0) {
      advance(sequence, length, space, ns);
    } else if (ahead < 0 && space > 0) {
      repeat(sequence, length, space, Ticks.of(ns));
    }
  }

  /** Before that nothing is known, but for what the other end acknowledged. */
  private void join(int sequence, int space, long ns) {
    int end = sequence + space;
    int acked = receiver.highestAck() - end;
    boolean known = receiver.has(Half.ACKED) && acked > 0 && acked < MAX_JUMP;
    if (!sender.has(Half.ISN)) {
      // What was acknowledged until now was on its way when the capture began.
      sender.clearUnseen();
    }
    sender.nextSequence(known ? receiver.highestAck() : end);
    sender.add(space == 0 ? Half.SEQUENCE | Half.PROBED : Half.SEQUENCE);
    if (space > 0) {
      sender.dataTick(Ticks.of(ns));
      if (!known) {
        sender.sample(end, ns);
      }
    }
  }

  private void advance(int sequence, int length, int space, long ns) {
    int next = sender.nextSequence();
    if (sequence == next && length == 1 && space == 1 && receiver.has(Half.ZERO_WINDOW)) {
      sender.add(Half.PROBED);
      return;
    }
    if (sequence != next) {
      Holes.add(sender, next, sequence, Ticks.of(ns));
    }
    int end = sequence + space;
    sender.nextSequence(end);
    if (space == 0) {
      return;
    }
    sender.remove(Half.IN_TIMEOUT | Half.PROBED);
    sender.dataTick(Ticks.of(ns));
    if (!sender.has(Half.SAMPLING)) {
      sender.sample(end, ns);
    }
    // The initial sequence number is a cold line: it is looked at until the first byte was seen.
    if (length > 0
        && !sender.has(Half.FIRST_BYTE)
        && sender.has(Half.ISN)
        && sequence - sender.isn() == 1) {
      sender.add(Half.FIRST_BYTE);
    }
  }

  private void repeat(int sequence, int length, int space, int tick) {
    int next = sender.nextSequence();
    int end = sequence + space;
    boolean acknowledged = receiver.has(Half.ACKED) && receiver.highestAck() - next >= 0;
    if (length == 1 && space == 1 && end == next && acknowledged) {
      return;
    }
    long age = Holes.fill(sender, sequence, end - next > 0 ? next : end, tick);
    if (end - next > 0) {
      sender.nextSequence(end);
    }
    if (age >= 0 && age <= reorderingTicks() && !isAskedFor(sequence)) {
      sender.increment(Half.OUT_OF_ORDER);
    } else {
      resend(sequence, tick);
    }
    sender.dataTick(tick);
  }

  /** Whether three duplicate acknowledgments asked for just this segment. */
  private boolean isAskedFor(int sequence) {
    return receiver.duplicateRun() >= DUPLICATES_OF_LOSS && receiver.highestAck() == sequence;
  }

  private void resend(int sequence, int tick) {
    if (sequence - sender.sampleSequence() < 0) {
      sender.remove(Half.SAMPLING);
    }
    long roundTrips = Ticks.ofDuration(2 * (sender.rttMean() + receiver.rttMean()));
    boolean signalled =
        receiver.has(Half.LOSS_SIGNALLED)
            && Ticks.between(receiver.lossTick(), tick) <= Math.max(MIN_SIGN_TICKS, roundTrips);
    long pause = Ticks.between(sender.dataTick(), tick);
    boolean paused = pause >= Math.max(MIN_TIMEOUT_TICKS, roundTrips);
    if (sender.has(Half.IN_TIMEOUT) || paused && !signalled) {
      sender.increment(Half.TIMEOUTS);
      sender.add(Half.IN_TIMEOUT);
    } else {
      sender.increment(Half.FAST);
    }
  }

  private long reorderingTicks() {
    boolean known = sender.rttCount() > 0 && receiver.rttCount() > 0;
    return known ? Ticks.ofDuration(sender.rttMean() + receiver.rttMean()) : REORDERING_TICKS;
  }

  /** Returns false for an acknowledgment that a later one has overtaken. */
  private boolean noteAck(PacketView view, int sequence, int ack, long ns) {
    int step = sender.has(Half.ACKED) ? ack - sender.highestAck() : 0;
    if (!receiver.has(Half.SEQUENCE)) {
      return noteAckOfUnheard(ack, step);
    }
    int beyond = ack - receiver.nextSequence();
    boolean overtaken = step < 0 && step >= -MAX_JUMP;
    if (beyond > MAX_JUMP || beyond < -MAX_JUMP || overtaken) {
      return false;
    }
    if (beyond > 0) {
      noteUnseen(ack, beyond);
    }
    noteSack(view, ack, ns);
    if (step != 0 || !sender.has(Half.ACKED)) {
      sender.highestAck(ack);
      sender.add(Half.ACKED);
      sender.duplicateRun(0);
      acknowledge(ack, ns);
    } else if (beyond < 0 && isDuplicate(view, sequence)) {
      noteDuplicate(ns);
    }
    return true;
  }

  /** Received by the other end and never seen here; a probed byte was seen. */
  private void noteUnseen(int ack, int bytes) {
    receiver.addUnseen(bytes == 1 && receiver.has(Half.PROBED) ? 0 : bytes);
    receiver.remove(Half.PROBED);
    receiver.nextSequence(ack);
  }

  private void noteSack(PacketView view, int ack, long ns) {
    if (view.tcpSackBlocks() > 0 && (int) view.tcpSackLeft(0) - ack > 0) {
      sender.lossTick(Ticks.of(ns));
    }
  }

  private void noteDuplicate(long ns) {
    sender.increment(Half.DUPLICATE_ACKS);
    sender.duplicateRun(sender.duplicateRun() + 1);
    if (sender.duplicateRun() >= DUPLICATES_OF_LOSS) {
      sender.lossTick(Ticks.of(ns));
    }
  }

  /** What the other end sent was never seen: only by its acknowledgments is it known. */
  private boolean noteAckOfUnheard(int ack, int step) {
    if (step > 0 && step <= MAX_JUMP) {
      receiver.addUnseen(step);
    }
    if (step < 0 && step >= -MAX_JUMP) {
      return false;
    }
    sender.highestAck(ack);
    sender.add(Half.ACKED);
    return true;
  }

  private void acknowledge(int ack, long ns) {
    if (receiver.has(Half.SAMPLING) && ack - receiver.sampleSequence() >= 0) {
      receiver.remove(Half.SAMPLING);
      long rtt = ns - receiver.sampleNs();
      if (rtt >= 0) {
        receiver.addRtt(rtt);
      }
    }
    if (receiver.holes() > 0) {
      Holes.acknowledge(receiver, ack);
    }
  }

  private boolean isDuplicate(PacketView view, int sequence) {
    return view.payloadLength() == 0
        && !view.hasFlag(PURE)
        && sequence == sender.nextSequence()
        && view.tcpWindow() == sender.window();
  }

  private void noteWindow(PacketView view) {
    int window = view.tcpWindow();
    if (!view.hasFlag(PURE)) {
      if (window != 0) {
        sender.remove(Half.ZERO_WINDOW);
      } else if (!sender.has(Half.ZERO_WINDOW)) {
        sender.add(Half.ZERO_WINDOW);
        sender.incrementZeroWindows();
      }
    }
    boolean opening = view.hasFlag(PacketView.SYN);
    if (window != sender.window() || !opening && !sender.has(Half.WINDOW)) {
      sender.window(window);
      sender.noteWindow((long) window << (opening ? 0 : shift()));
      sender.add(opening ? 0 : Half.WINDOW);
    }
  }

  /**
   * Both ends must have offered to scale (RFC 7323); an end that was not heard is taken to have.
   */
  private int shift() {
    boolean agreed = !receiver.has(Half.SYN) || receiver.windowScale() >= 0;
    return sender.has(Half.SYN) && agreed ? Math.max(0, sender.windowScale()) : 0;
  }
}
