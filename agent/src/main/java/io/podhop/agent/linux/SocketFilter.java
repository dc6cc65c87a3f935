package io.podhop.agent.linux;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A classic BPF program (Linux Documentation/networking/filter.rst): what it returns for a packet
 * is how many bytes of it are kept, 0 for none.
 */
public record SocketFilter(List<Instruction> instructions) {
  /** BPF_MAXINSNS: the kernel takes no longer program. */
  public static final int MAX_INSTRUCTIONS = 4096;

  public static final int RETURN_CONSTANT = 0x06;
  private static final int INSTRUCTION_BYTES = 8;

  /**
   * A {@code struct sock_filter}.
   *
   * @param jt instructions to skip when a jump's condition holds, 0..255
   * @param jf instructions to skip when it does not, 0..255
   */
  public record Instruction(int code, int jt, int jf, int k) {}

  /**
   * @throws IllegalArgumentException when the program is empty or too long
   */
  public SocketFilter {
    instructions = List.copyOf(instructions);
    if (instructions.isEmpty() || instructions.size() > MAX_INSTRUCTIONS) {
      throw new IllegalArgumentException(
          "a filter of " + instructions.size() + " instructions, at most " + MAX_INSTRUCTIONS);
    }
  }

  /** Keeps so many first bytes of every packet; 0 drops all of them. */
  public static SocketFilter returning(int bytes) {
    return new SocketFilter(List.of(new Instruction(RETURN_CONSTANT, 0, 0, bytes)));
  }

  /** As an array of {@code struct sock_filter}. */
  ByteBuffer encoded() {
    ByteBuffer bytes = LibC.direct(instructions.size() * INSTRUCTION_BYTES);
    for (Instruction instruction : instructions) {
      bytes.putShort((short) instruction.code());
      bytes.put((byte) instruction.jt()).put((byte) instruction.jf());
      bytes.putInt(instruction.k());
    }
    return bytes.flip();
  }
}
