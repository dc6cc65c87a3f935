package io.podhop.agent.flow;

import io.podhop.model.Direction;
import io.podhop.model.Flow;

/**
 * A window onto one connection's place in {@link FlowSlots}: set to a slot, then read and written.
 *
 * <pre>
 *   0 client address | 16 server address | 32 ports | 36 discriminator | 40 point, protocol
 *  44 state | 48 last packet ns | 56 first packet ns
 *  64 what the client sends, touched by every packet | 128 what the server sends, likewise
 * 192 round trips of what the client sends | 216 of what the server sends
 * 240 list: previous | 244 next | 248 birth | 252 intervals told | 256 kind ACK
 * 264 what the client sends, the rest | 356 what the server sends, the rest
 * </pre>
 *
 * The halves of a direction are {@link Half}'s.
 */
final class Slot {
  static final int BYTES = 448;
  static final int HOT_REQUEST = 64;
  static final int HOT_BYTES = 64;
  static final int RTT_REQUEST = 192;
  static final int RTT_BYTES = 24;
  static final int COLD_REQUEST = 264;
  static final int COLD_BYTES = 92;
  static final int KIND_ACK = 256;

  private static final int CLIENT_HIGH = 0;
  private static final int CLIENT_LOW = 8;
  private static final int SERVER_HIGH = 16;
  private static final int SERVER_LOW = 24;
  private static final int PORTS = 32;
  private static final int DISCRIMINATOR = 36;
  private static final int CONTEXT = 40;
  static final int STATE = 44;
  private static final int LAST_NS = 48;
  private static final int FIRST_NS = 56;
  private static final int PREVIOUS = 240;
  private static final int NEXT = 244;
  private static final int BIRTH = 248;
  private static final int INTERVALS = 252;

  /** Had a packet since the clock hand of eviction came by. */
  static final int REFERENCED = 1 << 2;

  static final int SYN_SEEN = 1 << 3;

  /** Kept, but no longer found by its key: a newer connection has it. */
  static final int HIDDEN = 1 << 4;

  private static final int CLASS_MASK = 3;
  private static final int END_SHIFT = 5;
  private static final int CLOSED_BY_SHIFT = 8;
  private static final int RESET_BY_SHIFT = 10;
  private static final int SENT_SHIFT = 12;
  private static final int FIN_SHIFT = 14;
  private static final int TUNNEL_SHIFT = 16;
  private static final Flow.End[] ENDS = Flow.End.values();

  byte[] chunk = new byte[0];
  int base;
  int number = -1;

  void begin(FlowProbe probe, boolean clientIsSource, int birth, long ns) {
    put(CLIENT_HIGH, clientIsSource ? probe.sourceHigh : probe.destinationHigh);
    put(CLIENT_LOW, clientIsSource ? probe.sourceLow : probe.destinationLow);
    put(SERVER_HIGH, clientIsSource ? probe.destinationHigh : probe.sourceHigh);
    put(SERVER_LOW, clientIsSource ? probe.destinationLow : probe.sourceLow);
    Words.i32(chunk, base + PORTS, clientIsSource ? probe.ports() : probe.reversedPorts());
    Words.i32(chunk, base + DISCRIMINATOR, probe.discriminator);
    Words.i32(chunk, base + CONTEXT, probe.context());
    Words.i32(chunk, base + STATE, 0);
    Words.i32(chunk, base + BIRTH, birth);
    put(FIRST_NS, ns);
    put(LAST_NS, ns);
  }

  /** Whether the probe goes from this slot's client to its server. */
  boolean isForward(FlowProbe probe) {
    return Words.i32(chunk, base + PORTS) == probe.ports()
        && get(CLIENT_LOW) == probe.sourceLow
        && get(SERVER_LOW) == probe.destinationLow
        && get(CLIENT_HIGH) == probe.sourceHigh
        && get(SERVER_HIGH) == probe.destinationHigh
        && isSameContext(probe);
  }

  /** Whether the probe goes from this slot's server to its client. */
  boolean isBackward(FlowProbe probe) {
    return Words.i32(chunk, base + PORTS) == probe.reversedPorts()
        && get(CLIENT_LOW) == probe.destinationLow
        && get(SERVER_LOW) == probe.sourceLow
        && get(CLIENT_HIGH) == probe.destinationHigh
        && get(SERVER_HIGH) == probe.sourceHigh
        && isSameContext(probe);
  }

  private boolean isSameContext(FlowProbe probe) {
    return Words.i32(chunk, base + CONTEXT) == probe.context()
        && Words.i32(chunk, base + DISCRIMINATOR) == probe.discriminator;
  }

  /** Sets the probe to this slot's key, in request direction. */
  void fill(FlowProbe probe) {
    probe.point = point();
    probe.protocol = protocol();
    probe.sourceHigh = clientHigh();
    probe.sourceLow = clientLow();
    probe.destinationHigh = serverHigh();
    probe.destinationLow = serverLow();
    probe.sourcePort = clientPort();
    probe.destinationPort = serverPort();
    probe.discriminator = discriminator();
  }

  int point() {
    return Words.i32(chunk, base + CONTEXT) >>> 8;
  }

  int protocol() {
    return Words.i32(chunk, base + CONTEXT) & 0xff;
  }

  int discriminator() {
    return Words.i32(chunk, base + DISCRIMINATOR);
  }

  long clientHigh() {
    return get(CLIENT_HIGH);
  }

  long clientLow() {
    return get(CLIENT_LOW);
  }

  long serverHigh() {
    return get(SERVER_HIGH);
  }

  long serverLow() {
    return get(SERVER_LOW);
  }

  int clientPort() {
    return Words.i32(chunk, base + PORTS) >>> 16;
  }

  int serverPort() {
    return Words.i32(chunk, base + PORTS) & 0xffff;
  }

  long firstNs() {
    return get(FIRST_NS);
  }

  long lastNs() {
    return get(LAST_NS);
  }

  /** The latest packet's time: a clock that goes back does not take it back. */
  void touch(long ns) {
    if (ns > get(LAST_NS)) {
      put(LAST_NS, ns);
    }
    int state = state();
    if ((state & REFERENCED) == 0) {
      state(state | REFERENCED);
    }
  }

  /** Notes that a direction sent something; true when both have by now. */
  boolean noteSent(Direction direction) {
    int state = state();
    int sent = state | 1 << SENT_SHIFT + direction.ordinal();
    if (sent != state) {
      state(sent);
    }
    return (sent >> SENT_SHIFT & 3) == 3;
  }

  /** A SYN was seen, and nothing of who it was sent to. */
  boolean isSynUnanswered() {
    return has(SYN_SEEN) && (state() >> SENT_SHIFT & 3) == 1 << Direction.REQUEST.ordinal();
  }

  int state() {
    return Words.i32(chunk, base + STATE);
  }

  void state(int state) {
    Words.i32(chunk, base + STATE, state);
  }

  boolean has(int flag) {
    return (state() & flag) != 0;
  }

  void add(int flag) {
    state(state() | flag);
  }

  void remove(int flag) {
    state(state() & ~flag);
  }

  /** An index of {@link FlowLists}; 0 when the slot is free. */
  int evictionClass() {
    return state() & CLASS_MASK;
  }

  void evictionClass(int evictionClass) {
    state(state() & ~CLASS_MASK | evictionClass);
  }

  Flow.End end() {
    return ENDS[state() >> END_SHIFT & 7];
  }

  void end(Flow.End end) {
    state(state() & ~(7 << END_SHIFT) | end.ordinal() << END_SHIFT);
  }

  /** The direction's ordinal, or -1. */
  int closedBy() {
    return (state() >> CLOSED_BY_SHIFT & 3) - 1;
  }

  /** The direction's ordinal, or -1. */
  int resetBy() {
    return (state() >> RESET_BY_SHIFT & 3) - 1;
  }

  void noteReset(Direction direction) {
    if (resetBy() < 0) {
      add(direction.ordinal() + 1 << RESET_BY_SHIFT);
    }
  }

  /** Notes a FIN; true when both ends have sent theirs. */
  boolean noteFin(Direction direction) {
    if (closedBy() < 0) {
      add(direction.ordinal() + 1 << CLOSED_BY_SHIFT);
    }
    add(1 << FIN_SHIFT + direction.ordinal());
    return (state() >> FIN_SHIFT & 3) == 3;
  }

  /** The ordinal of what carried the connection's latest packet. */
  int tunnel() {
    return state() >> TUNNEL_SHIFT & 3;
  }

  void tunnel(int ordinal) {
    if (tunnel() != ordinal) {
      state(state() & ~(3 << TUNNEL_SHIFT) | ordinal << TUNNEL_SHIFT);
    }
  }

  int previous() {
    return Words.i32(chunk, base + PREVIOUS);
  }

  void previous(int slot) {
    Words.i32(chunk, base + PREVIOUS, slot);
  }

  int next() {
    return Words.i32(chunk, base + NEXT);
  }

  void next(int slot) {
    Words.i32(chunk, base + NEXT, slot);
  }

  /** The low 32 bits of its number among all connections that the table ever had. */
  int birth() {
    return Words.i32(chunk, base + BIRTH);
  }

  int intervals() {
    return Words.i32(chunk, base + INTERVALS);
  }

  void intervals(int count) {
    Words.i32(chunk, base + INTERVALS, count);
  }

  private long get(int offset) {
    return Words.i64(chunk, base + offset);
  }

  private void put(int offset, long value) {
    Words.i64(chunk, base + offset, value);
  }
}
