package io.podhop.agent.capture;

import io.podhop.agent.linux.SocketFilter;
import io.podhop.agent.linux.SocketFilter.Instruction;
import java.util.ArrayList;
import java.util.List;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/**
 * Compiles pcap-filter(7) with libpcap. The program looks at a frame's bytes only: on a live
 * interface, where the kernel has usually moved an 802.1Q tag into metadata, plain terms see tagged
 * packets as well, and {@code vlan} means a tag that is still in the bytes.
 *
 * <pre>
 *   struct bpf_program: 0 bf_len (4) | 8 bf_insns (8)
 *   struct bpf_insn:    0 code (2) | 2 jt (1) | 3 jf (1) | 4 k (4)
 * </pre>
 */
public final class FilterCompiler {
  /** libpcap's optimizer recurses: tens of thousands of characters would end the process. */
  static final int MAX_TEXT_LENGTH = ConversationFilter.MAX_LENGTH;

  private static final int ANY_SNAPSHOT = 0x40000;
  private static final int NETMASK_UNKNOWN = -1;
  private static final int PROGRAM_BYTES = 16;
  private static final int INSTRUCTION_BYTES = 8;
  private static final int JUMP_ALWAYS = 0x05;
  private static final LibPcap LIBPCAP = LibPcap.load();
  private static final Runtime RUNTIME = Runtime.getRuntime(LIBPCAP);

  private FilterCompiler() {}

  /**
   * Finds out whether somebody's filter expression is one, for Ethernet as pods and ENIs have it.
   *
   * @throws FilterException when it does not compile, or the program is too long
   */
  public static void check(String text) throws FilterException {
    compile(LinkTypes.ETHERNET, text, Snapshot.of(ANY_SNAPSHOT));
  }

  /**
   * A program that keeps {@link Snapshot#longerBytes} of a frame that passes both filters, {@link
   * Snapshot#bytes} of one that passes the first, and nothing of others.
   *
   * @throws FilterException in libpcap's words when a text does not compile, or the program is too
   *     long
   */
  static SocketFilter compile(int linkType, String text, Snapshot snapshot) throws FilterException {
    List<Instruction> program = new ArrayList<>(instructions(linkType, text));
    int nextAt = program.size();
    if (snapshot.longerFilter().isEmpty()) {
      replaceReturns(program, 0, snapshot.bytes(), 0);
    } else {
      for (int at = 0; at < nextAt; at++) {
        if (isReturn(program.get(at)) && program.get(at).k() != 0) {
          // "ja" has a 32 bit distance, so no jump grows out of its 8 bits.
          program.set(at, new Instruction(JUMP_ALWAYS, 0, 0, nextAt - at - 1));
        }
      }
      program.addAll(instructions(linkType, snapshot.longerFilter()));
      replaceReturns(program, nextAt, snapshot.longerBytes(), snapshot.bytes());
    }
    if (program.size() > SocketFilter.MAX_INSTRUCTIONS) {
      throw new FilterException(
          "the filter is too long: " + program.size() + " instructions: " + text);
    }
    return new SocketFilter(program);
  }

  private static void replaceReturns(List<Instruction> program, int from, int match, int other) {
    for (int at = from; at < program.size(); at++) {
      if (isReturn(program.get(at))) {
        int bytes = program.get(at).k() != 0 ? match : other;
        program.set(at, new Instruction(SocketFilter.RETURN_CONSTANT, 0, 0, bytes));
      }
    }
  }

  /** libpcap generates no other kind of return. */
  private static boolean isReturn(Instruction instruction) {
    return instruction.code() == SocketFilter.RETURN_CONSTANT;
  }

  private static List<Instruction> instructions(int linkType, String text) throws FilterException {
    if (text.length() > MAX_TEXT_LENGTH) {
      throw new FilterException("a filter longer than " + MAX_TEXT_LENGTH + " characters");
    }
    Pointer handle = LIBPCAP.pcap_open_dead(LinkTypes.dlt(linkType), ANY_SNAPSHOT);
    Pointer program = Memory.allocateDirect(RUNTIME, PROGRAM_BYTES);
    try {
      if (LIBPCAP.pcap_compile(handle, program, text, 1, NETMASK_UNKNOWN) != 0) {
        throw new FilterException("filter \"" + text + "\": " + LIBPCAP.pcap_geterr(handle));
      }
      return copyAndFree(program);
    } finally {
      LIBPCAP.pcap_close(handle);
    }
  }

  private static List<Instruction> copyAndFree(Pointer program) {
    int length = program.getInt(0);
    Pointer first = program.getPointer(8, (long) length * INSTRUCTION_BYTES);
    List<Instruction> copy = new ArrayList<>(length);
    for (long at = 0; at < (long) length * INSTRUCTION_BYTES; at += INSTRUCTION_BYTES) {
      int code = Short.toUnsignedInt(first.getShort(at));
      int jt = Byte.toUnsignedInt(first.getByte(at + 2));
      int jf = Byte.toUnsignedInt(first.getByte(at + 3));
      copy.add(new Instruction(code, jt, jf, first.getInt(at + 4)));
    }
    LIBPCAP.pcap_freecode(program);
    return copy;
  }
}
