package io.podhop.agent.flow;

import io.podhop.agent.decode.PacketView;
import io.podhop.model.Direction;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What every slot knows besides its key and its kinds. Columns with a direction have two cells. */
final class FlowColumns {
  static final long UNKNOWN = -1;

  final long[] clientIsn;
  final boolean[] synSeen;
  final byte[] resetBy;
  final long[] packets;
  final long[] payloadBytes;
  final int[] mss;
  final int[] questionType;
  final int[] questionHash;
  final int[] rcode;
  final @Nullable String[] questionName;
  final long[] errorSenderHigh;
  final long[] errorSenderLow;
  final int[] errorTypeAndCode;
  final long[] errorMtu;

  FlowColumns(int capacity) {
    clientIsn = new long[capacity];
    synSeen = new boolean[capacity];
    resetBy = new byte[capacity];
    packets = new long[2 * capacity];
    payloadBytes = new long[2 * capacity];
    mss = new int[2 * capacity];
    questionType = new int[capacity];
    questionHash = new int[capacity];
    rcode = new int[capacity];
    questionName = new @Nullable String[capacity];
    errorSenderHigh = new long[2 * capacity];
    errorSenderLow = new long[2 * capacity];
    errorTypeAndCode = new int[2 * capacity];
    errorMtu = new long[2 * capacity];
  }

  static int cell(int slot, Direction direction) {
    return 2 * slot + direction.ordinal();
  }

  void clear(int slot) {
    clientIsn[slot] = UNKNOWN;
    synSeen[slot] = false;
    resetBy[slot] = -1;
    questionType[slot] = -1;
    questionHash[slot] = 0;
    rcode[slot] = -1;
    questionName[slot] = null;
    Arrays.fill(packets, 2 * slot, 2 * slot + 2, 0);
    Arrays.fill(payloadBytes, 2 * slot, 2 * slot + 2, 0);
    Arrays.fill(mss, 2 * slot, 2 * slot + 2, -1);
  }

  void count(int slot, Direction direction, PacketView view) {
    int cell = cell(slot, direction);
    packets[cell]++;
    payloadBytes[cell] += view.payloadLength();
    if (view.tcpMss() >= 0) {
      mss[cell] = view.tcpMss();
    }
  }

  void noteDns(int slot, PacketView view) {
    if (questionName[slot] == null && view.dnsQuestionType() >= 0) {
      questionName[slot] = view.questionName();
      questionType[slot] = view.dnsQuestionType();
      questionHash[slot] = view.dnsQuestionHash();
    }
    if (view.dnsResponse()) {
      rcode[slot] = view.dnsRcode();
    }
  }

  void noteError(int slot, Direction direction, PacketView view) {
    int cell = cell(slot, direction);
    errorSenderHigh[cell] = view.sourceHigh();
    errorSenderLow[cell] = view.sourceLow();
    errorTypeAndCode[cell] = view.icmpType() << 8 | view.icmpCode();
    errorMtu[cell] = view.icmpMtu();
  }
}
