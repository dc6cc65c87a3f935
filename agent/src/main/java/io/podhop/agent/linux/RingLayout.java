package io.podhop.agent.linux;

/**
 * The shape of a TPACKET_V3 receive ring.
 *
 * @param blockBytes a power of two, at least a page: what the kernel hands over at once
 * @param retireMs after this long, at most twice, the kernel hands over a block that is not full
 */
public record RingLayout(int blockBytes, int blockCount, int retireMs) {
  public static final int MIN_BLOCK_BYTES = 16 << 10;
  public static final int MAX_BLOCK_BYTES = 256 << 10;
  private static final int MIN_BLOCKS = 2;
  private static final int WANTED_BLOCKS = 8;

  /** A packet takes its kept bytes and less than this. */
  private static final int OVERHEAD_BYTES = 256;

  /**
   * @throws IllegalArgumentException when the kernel would refuse it
   */
  public RingLayout {
    boolean fits = blockCount >= MIN_BLOCKS && (long) blockBytes * blockCount <= 1 << 30;
    if (Integer.bitCount(blockBytes) != 1 || blockBytes < 4096 || !fits || retireMs < 1) {
      throw new IllegalArgumentException(
          "no ring: " + blockCount + " blocks of " + blockBytes + " bytes, " + retireMs + " ms");
    }
  }

  /**
   * A ring of about {@code ringBytes}: eight blocks, more when they would be large, fewer and
   * larger ones when a packet would not fit.
   */
  public static RingLayout of(int ringBytes, int snapshotBytes, int retireMs) {
    int block = Integer.highestOneBit(Math.max(1, ringBytes / WANTED_BLOCKS));
    int largestPacket = Math.min(snapshotBytes, MAX_BLOCK_BYTES / 2) + OVERHEAD_BYTES;
    int smallest = Math.max(MIN_BLOCK_BYTES, 2 * Integer.highestOneBit(largestPacket - 1));
    int blockBytes = Math.clamp(block, smallest, MAX_BLOCK_BYTES);
    return new RingLayout(blockBytes, Math.max(MIN_BLOCKS, ringBytes / blockBytes), retireMs);
  }

  public int ringBytes() {
    return blockBytes * blockCount;
  }
}
