package io.podhop.agent.flow;

import io.podhop.model.Direction;

/**
 * A window onto what one end of a connection sends: set to a slot and a direction, then read and
 * written. Sequence numbers have 32 bits; a tick is 1.024 microseconds and wraps after 73 minutes.
 *
 * <pre>
 * hot:   0 packets 48, window 16 | 8 bytes 48, run of duplicate ACKs 16 | 16 payload 48, flags 16
 *       24 next sequence | 28 highest ACK | 32 tick of last data | 36 RTT sample's sequence
 *       40 its time ns | 48 kind DATA | 56 least, greatest TTL, window scale, holes | 60 max window
 * rtt:   0 sum ns | 8 least 40, greatest's low 24 | 16 its high 16, count 32, MSS 16
 * cold:  0 kind SYN or SYN-ACK | 8 kind FIN | 16 kind RST | 24 unseen 48, zero windows 16
 *       32 ISN | 36 fast | 40 timeouts | 44 duplicate ACKs | 48 out of order
 *       52 three holes: from, to, tick | 88 tick of last sign of loss
 * </pre>
 */
final class Half {
  static final int KIND_DATA = 48;
  static final int KIND_OPENING = 0;
  static final int KIND_FIN = 8;
  static final int KIND_RST = 16;
  static final int FAST = 36;
  static final int TIMEOUTS = 40;
  static final int DUPLICATE_ACKS = 44;
  static final int OUT_OF_ORDER = 48;
  static final int MAX_HOLES = 3;

  /** The next sequence is known. */
  static final int SEQUENCE = 1;

  /** The highest ACK is known. */
  static final int ACKED = 1 << 1;

  /** An RTT sample waits for its ACK. */
  static final int SAMPLING = 1 << 2;

  static final int ZERO_WINDOW = 1 << 3;
  static final int SYN = 1 << 4;
  static final int ISN = 1 << 5;

  /** Sends again what a retransmission timeout made it doubt. */
  static final int IN_TIMEOUT = 1 << 6;

  /** The first byte of the stream passed here. */
  static final int FIRST_BYTE = 1 << 7;

  /** The tick of the last sign of loss is set. */
  static final int LOSS_SIGNALLED = 1 << 8;

  /** Sent one byte into a closed window. */
  static final int PROBED = 1 << 9;

  static final int WINDOW = 1 << 10;

  private static final int PACKETS = 0;
  private static final int BYTES = 8;
  private static final int PAYLOAD = 16;
  private static final int NEXT_SEQUENCE = 24;
  private static final int HIGHEST_ACK = 28;
  private static final int DATA_TICK = 32;
  private static final int SAMPLE_SEQUENCE = 36;
  private static final int SAMPLE_NS = 40;
  private static final int SMALL = 56;
  private static final int MAX_WINDOW = 60;
  private static final int RTT_SUM = 0;
  private static final int RTT_LEAST = 8;
  private static final int RTT_COUNT = 16;
  private static final int UNSEEN = 24;
  private static final int INITIAL_SEQUENCE = 32;
  private static final int HOLES = 52;
  private static final int HOLE_BYTES = 12;
  private static final int LOSS_TICK = 88;
  private static final long RTT_MASK = (1L << 40) - 1;

  byte[] chunk = new byte[0];
  int hot;
  int cold;
  int rtt;

  void at(Slot slot, Direction direction) {
    chunk = slot.chunk;
    hot = slot.base + Slot.HOT_REQUEST + direction.ordinal() * Slot.HOT_BYTES;
    rtt = slot.base + Slot.RTT_REQUEST + direction.ordinal() * Slot.RTT_BYTES;
    cold = slot.base + Slot.COLD_REQUEST + direction.ordinal() * Slot.COLD_BYTES;
  }

  /** Counts a packet of this many IP bytes, so many of them payload. */
  void count(int ipBytes, int payloadBytes, int ttl) {
    Words.i64(chunk, hot, Words.plusHigh48(Words.i64(chunk, hot), 1));
    int bytesAt = hot + BYTES;
    Words.i64(chunk, bytesAt, Words.plusHigh48(Words.i64(chunk, bytesAt), Math.max(0, ipBytes)));
    if (payloadBytes > 0) {
      int payloadAt = hot + PAYLOAD;
      Words.i64(chunk, payloadAt, Words.plusHigh48(Words.i64(chunk, payloadAt), payloadBytes));
    }
    if (ttl != minTtl() || ttl != maxTtl()) {
      noteTtl(ttl);
    }
  }

  private void noteTtl(int ttl) {
    boolean first = packets() <= 1;
    chunk[hot + SMALL] = (byte) (first ? ttl : Math.min(ttl, minTtl()));
    chunk[hot + SMALL + 1] = (byte) (first ? ttl : Math.max(ttl, maxTtl()));
  }

  long packets() {
    return Words.high48(Words.i64(chunk, hot + PACKETS));
  }

  long bytes() {
    return Words.high48(Words.i64(chunk, hot + BYTES));
  }

  long payloadBytes() {
    return Words.high48(Words.i64(chunk, hot + PAYLOAD));
  }

  int minTtl() {
    return chunk[hot + SMALL] & 0xff;
  }

  int maxTtl() {
    return chunk[hot + SMALL + 1] & 0xff;
  }

  /** Shift of the window scale option; meaningful only if {@link #SYN} is set; -1 without one. */
  int windowScale() {
    return chunk[hot + SMALL + 2];
  }

  void windowScale(int shift) {
    chunk[hot + SMALL + 2] = (byte) shift;
  }

  boolean has(int flag) {
    return (Words.i64(chunk, hot + PAYLOAD) & flag) != 0;
  }

  void add(int flag) {
    long word = Words.i64(chunk, hot + PAYLOAD);
    if ((word & flag) != flag) {
      Words.i64(chunk, hot + PAYLOAD, word | flag);
    }
  }

  void remove(int flag) {
    long word = Words.i64(chunk, hot + PAYLOAD);
    if ((word & flag) != 0) {
      Words.i64(chunk, hot + PAYLOAD, word & ~(long) flag);
    }
  }

  /** The last window as sent, not scaled. */
  int window() {
    return Words.low16(Words.i64(chunk, hot + PACKETS));
  }

  void window(int window) {
    Words.i64(chunk, hot + PACKETS, Words.withLow16(Words.i64(chunk, hot + PACKETS), window));
  }

  long maxWindow() {
    return Words.u32(chunk, hot + MAX_WINDOW);
  }

  void noteWindow(long scaledBytes) {
    if (scaledBytes > maxWindow()) {
      Words.i32(chunk, hot + MAX_WINDOW, (int) scaledBytes);
    }
  }

  int duplicateRun() {
    return Words.low16(Words.i64(chunk, hot + BYTES));
  }

  void duplicateRun(int run) {
    long word = Words.i64(chunk, hot + BYTES);
    if (Words.low16(word) != run) {
      Words.i64(chunk, hot + BYTES, Words.withLow16(word, Math.min(run, 0xffff)));
    }
  }

  /** The sequence number after the highest byte that passed here. */
  int nextSequence() {
    return Words.i32(chunk, hot + NEXT_SEQUENCE);
  }

  void nextSequence(int sequence) {
    Words.i32(chunk, hot + NEXT_SEQUENCE, sequence);
  }

  int highestAck() {
    return Words.i32(chunk, hot + HIGHEST_ACK);
  }

  void highestAck(int ack) {
    Words.i32(chunk, hot + HIGHEST_ACK, ack);
  }

  int dataTick() {
    return Words.i32(chunk, hot + DATA_TICK);
  }

  void dataTick(int tick) {
    Words.i32(chunk, hot + DATA_TICK, tick);
  }

  int sampleSequence() {
    return Words.i32(chunk, hot + SAMPLE_SEQUENCE);
  }

  long sampleNs() {
    return Words.i64(chunk, hot + SAMPLE_NS);
  }

  void sample(int sequence, long ns) {
    Words.i32(chunk, hot + SAMPLE_SEQUENCE, sequence);
    Words.i64(chunk, hot + SAMPLE_NS, ns);
    add(SAMPLING);
  }

  int isn() {
    return Words.i32(chunk, cold + INITIAL_SEQUENCE);
  }

  void isn(int sequence) {
    Words.i32(chunk, cold + INITIAL_SEQUENCE, sequence);
    add(ISN);
  }

  /** The MSS option; 0 for none. */
  int mss() {
    return Words.low16(Words.i64(chunk, rtt + RTT_COUNT));
  }

  void mss(int mss) {
    Words.i64(chunk, rtt + RTT_COUNT, Words.withLow16(Words.i64(chunk, rtt + RTT_COUNT), mss));
  }

  /** One of the counters named by this class's constants. */
  long counter(int offset) {
    return Words.u32(chunk, cold + offset);
  }

  void increment(int offset) {
    Words.increment(chunk, cold + offset);
  }

  long unseenBytes() {
    return Words.high48(Words.i64(chunk, cold + UNSEEN));
  }

  void addUnseen(long bytes) {
    int at = cold + UNSEEN;
    Words.i64(chunk, at, Words.plusHigh48(Words.i64(chunk, at), bytes));
  }

  void clearUnseen() {
    Words.i64(chunk, cold + UNSEEN, zeroWindows());
  }

  int zeroWindows() {
    return Words.low16(Words.i64(chunk, cold + UNSEEN));
  }

  void incrementZeroWindows() {
    long word = Words.i64(chunk, cold + UNSEEN);
    Words.i64(chunk, cold + UNSEEN, Words.withLow16(word, Math.min(0xffff, zeroWindows() + 1)));
  }

  int lossTick() {
    return Words.i32(chunk, cold + LOSS_TICK);
  }

  void lossTick(int tick) {
    Words.i32(chunk, cold + LOSS_TICK, tick);
    add(LOSS_SIGNALLED);
  }

  int holes() {
    return chunk[hot + SMALL + 3];
  }

  void holes(int count) {
    chunk[hot + SMALL + 3] = (byte) count;
  }

  int holeFrom(int index) {
    return Words.i32(chunk, holeAt(index));
  }

  int holeTo(int index) {
    return Words.i32(chunk, holeAt(index) + 4);
  }

  int holeTick(int index) {
    return Words.i32(chunk, holeAt(index) + 8);
  }

  void hole(int index, int from, int to, int tick) {
    Words.i32(chunk, holeAt(index), from);
    Words.i32(chunk, holeAt(index) + 4, to);
    Words.i32(chunk, holeAt(index) + 8, tick);
  }

  private int holeAt(int index) {
    return cold + HOLES + index * HOLE_BYTES;
  }

  /** Takes in a round trip; longer ones than 40 bits of nanoseconds (18 minutes) count as that. */
  void addRtt(long ns) {
    long taken = Math.min(ns, RTT_MASK);
    long count = rttCount();
    if (count == 0xffff_ffffL) {
      return;
    }
    long least = count == 0 ? taken : Math.min(taken, rttLeast());
    long greatest = Math.max(taken, rttGreatest());
    Words.i64(chunk, rtt + RTT_SUM, rttSum() + taken);
    Words.i64(chunk, rtt + RTT_LEAST, least << 24 | greatest & 0xff_ffff);
    Words.i64(chunk, rtt + RTT_COUNT, greatest >>> 24 << 48 | count + 1 << 16 | mss());
  }

  long rttSum() {
    return Words.i64(chunk, rtt + RTT_SUM);
  }

  long rttCount() {
    return Words.i64(chunk, rtt + RTT_COUNT) >>> 16 & 0xffff_ffffL;
  }

  long rttLeast() {
    return Words.i64(chunk, rtt + RTT_LEAST) >>> 24;
  }

  long rttGreatest() {
    return Words.i64(chunk, rtt + RTT_COUNT) >>> 48 << 24
        | Words.i64(chunk, rtt + RTT_LEAST) & 0xff_ffff;
  }

  /** 0 without a sample. */
  long rttMean() {
    long count = rttCount();
    return count == 0 ? 0 : rttSum() / count;
  }
}
