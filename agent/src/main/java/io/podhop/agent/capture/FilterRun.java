package io.podhop.agent.capture;

import io.podhop.agent.linux.SocketFilter;
import io.podhop.agent.linux.SocketFilter.Instruction;
import java.util.List;

/**
 * Runs a classic BPF program on a frame, as the kernel would (Linux
 * Documentation/networking/filter.rst). Allocates nothing; for one thread. A load outside the
 * captured bytes rejects the frame.
 */
final class FilterRun {
  private static final int SCRATCH_WORDS = 16;

  private final int[] codes;
  private final int[] whenTrue;
  private final int[] whenFalse;
  private final int[] constants;
  private final int[] scratch = new int[SCRATCH_WORDS];
  private byte[] buffer = new byte[0];
  private int start;
  private int captured;
  private int wire;
  private int a;
  private int x;
  private boolean outside;

  FilterRun(SocketFilter filter) {
    List<Instruction> program = filter.instructions();
    codes = program.stream().mapToInt(Instruction::code).toArray();
    whenTrue = program.stream().mapToInt(Instruction::jt).toArray();
    whenFalse = program.stream().mapToInt(Instruction::jf).toArray();
    constants = program.stream().mapToInt(Instruction::k).toArray();
  }

  /** How many bytes the program keeps; 0 when it rejects the frame. */
  int keep(byte[] frame, int offset, int capturedLength, int wireLength) {
    buffer = frame;
    start = offset;
    captured = capturedLength;
    wire = wireLength;
    a = 0;
    x = 0;
    outside = false;
    int at = 0;
    while (at < codes.length && !outside) {
      int code = codes[at];
      if ((code & 7) == 6) {
        return (code & 0x18) == 0 ? constants[at] : a;
      }
      if ((code & 7) == 5) {
        at += 1 + jump(code, at);
      } else {
        step(code, constants[at]);
        at++;
      }
    }
    return 0;
  }

  private int jump(int code, int at) {
    int value = (code & 8) == 0 ? constants[at] : x;
    boolean holds =
        switch (code & 0xf0) {
          case 0x00 -> true;
          case 0x10 -> a == value;
          case 0x20 -> Integer.compareUnsigned(a, value) > 0;
          case 0x30 -> Integer.compareUnsigned(a, value) >= 0;
          default -> (a & value) != 0;
        };
    if ((code & 0xf0) == 0) {
      return constants[at];
    }
    return holds ? whenTrue[at] : whenFalse[at];
  }

  private void step(int code, int k) {
    switch (code & 7) {
      case 0 -> a = load(code, k);
      case 1 -> x = (code & 0xe0) == 0xa0 ? 4 * (bytes(k, 1) & 15) : load(code, k);
      case 2 -> scratch[k & SCRATCH_WORDS - 1] = a;
      case 3 -> scratch[k & SCRATCH_WORDS - 1] = x;
      case 4 -> a = compute(code & 0xf0, (code & 8) == 0 ? k : x);
      default -> transfer(code);
    }
  }

  private void transfer(int code) {
    if ((code & 0x80) == 0) {
      x = a;
    } else {
      a = x;
    }
  }

  private int load(int code, int k) {
    int size = (code & 0x18) == 0 ? 4 : (code & 0x18) == 8 ? 2 : 1;
    return switch (code & 0xe0) {
      case 0x00 -> k;
      case 0x20 -> bytes(Integer.toUnsignedLong(k), size);
      case 0x40 -> bytes(Integer.toUnsignedLong(k) + Integer.toUnsignedLong(x), size);
      case 0x60 -> scratch[k & SCRATCH_WORDS - 1];
      default -> wire;
    };
  }

  private int bytes(long at, int size) {
    if (at < 0 || at + size > captured) {
      outside = true;
      return 0;
    }
    int value = 0;
    for (int i = 0; i < size; i++) {
      value = value << 8 | Byte.toUnsignedInt(buffer[start + (int) at + i]);
    }
    return value;
  }

  private int compute(int operation, int value) {
    return switch (operation) {
      case 0x00 -> a + value;
      case 0x10 -> a - value;
      case 0x20 -> a * value;
      case 0x30, 0x90 -> divide(operation, value);
      case 0x40 -> a | value;
      case 0x50 -> a & value;
      case 0x60 -> Integer.compareUnsigned(value, 31) > 0 ? 0 : a << value;
      case 0x70 -> Integer.compareUnsigned(value, 31) > 0 ? 0 : a >>> value;
      case 0x80 -> -a;
      default -> a ^ value;
    };
  }

  private int divide(int operation, int value) {
    if (value == 0) {
      outside = true;
      return 0;
    }
    return operation == 0x30
        ? Integer.divideUnsigned(a, value)
        : Integer.remainderUnsigned(a, value);
  }
}
