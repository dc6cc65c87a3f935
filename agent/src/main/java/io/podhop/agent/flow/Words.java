package io.podhop.agent.flow;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Numbers in byte arrays, in the machine's own order. */
final class Words {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());

  private Words() {}

  static long i64(byte[] chunk, int at) {
    return (long) LONG.get(chunk, at);
  }

  static void i64(byte[] chunk, int at, long value) {
    LONG.set(chunk, at, value);
  }

  static int i32(byte[] chunk, int at) {
    return (int) INT.get(chunk, at);
  }

  static void i32(byte[] chunk, int at, int value) {
    INT.set(chunk, at, value);
  }

  static long u32(byte[] chunk, int at) {
    return (int) INT.get(chunk, at) & 0xffff_ffffL;
  }

  /** Counts up to the largest number of 32 bits and stays there. */
  static void increment(byte[] chunk, int at) {
    int value = (int) INT.get(chunk, at);
    if (value != -1) {
      INT.set(chunk, at, value + 1);
    }
  }

  /** The unsigned 48 bits above a word's low 16. */
  static long high48(long word) {
    return word >>> 16;
  }

  static int low16(long word) {
    return (int) word & 0xffff;
  }

  /** Adds to the high 48 bits; a sum that does not fit leaves them as they were. */
  static long plusHigh48(long word, long amount) {
    long sum = word + (amount << 16);
    return sum < 0 ? word : sum;
  }

  static long withLow16(long word, int low) {
    return word & ~0xffffL | low & 0xffff;
  }
}
