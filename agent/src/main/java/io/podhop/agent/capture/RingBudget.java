package io.podhop.agent.capture;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Shares the ring memory of a node among its sources by their load. It only says which sources to
 * open anew with which size; whoever asks does so, and asks again some seconds later. For one
 * thread.
 *
 * @param <K> what tells sources apart
 */
public final class RingBudget<K> {
  public static final long DEFAULT_BYTES = 64L << 20;

  /** A source that alone has all the traffic gets no more. */
  public static final int MAX_RING_BYTES = 16 << 20;

  /** What a kept packet takes of a ring, with the kernel's headers. */
  static final int PACKET_BYTES = 256;

  /** A ring should hold what comes within this: the block timeout, and a late reader. */
  static final int HOLD_MS = 250;

  /** A ring becomes smaller only when it was four times too large so many times in a row. */
  static final int SHRINK_AFTER = 5;

  private static final int SHRINK_BELOW = 4;

  /** What a source is, which decides the least it gets. */
  public enum Kind {
    POD(256 << 10),
    ENI(1 << 20);

    private final int minBytes;

    Kind(int minBytes) {
      this.minBytes = minBytes;
    }

    public int minBytes() {
      return minBytes;
    }
  }

  /**
   * A source as it was lately.
   *
   * @param ringBytes of its ring now
   * @param packetsPerSecond that passed its filter
   * @param dropped packets that its ring had no room for since the last question
   */
  public record Load<K>(K key, Kind kind, int ringBytes, double packetsPerSecond, long dropped) {}

  /** A source that should be opened anew. */
  public record Resize<K>(K key, int ringBytes) {}

  private final long totalBytes;
  private Map<K, Integer> tooLarge = new HashMap<>();

  /**
   * @param totalBytes of all rings together
   * @throws IllegalArgumentException when it is too little for any ring
   */
  public RingBudget(long totalBytes) {
    if (totalBytes < Kind.ENI.minBytes()) {
      throw new IllegalArgumentException("a ring budget of " + totalBytes + " bytes");
    }
    this.totalBytes = totalBytes;
  }

  /**
   * The ring of a source that is new.
   *
   * @param usedBytes of all other rings
   * @return 0 when there is no room: {@link #plan} makes some
   */
  public int admit(Kind kind, long usedBytes) {
    return usedBytes + kind.minBytes() <= totalBytes ? kind.minBytes() : 0;
  }

  /**
   * Which sources to open anew: those to be made smaller come first, and with them done the others
   * fit.
   *
   * @param loads all sources
   */
  public List<Resize<K>> plan(List<Load<K>> loads) {
    double share = share(loads);
    List<Resize<K>> smaller = new ArrayList<>();
    List<Wish<K>> couldShrink = new ArrayList<>();
    List<Wish<K>> wantGrowth = new ArrayList<>();
    Map<K, Integer> stillTooLarge = new HashMap<>();
    long used = 0;
    for (Load<K> load : loads) {
      Wish<K> wish = new Wish<>(load, target(load, share));
      used += load.ringBytes();
      if (wish.bytes() > load.ringBytes()) {
        wantGrowth.add(wish);
      } else if (wish.bytes() < load.ringBytes()) {
        couldShrink.add(wish);
        countTooLarge(wish, stillTooLarge);
      }
    }
    tooLarge = stillTooLarge;
    wantGrowth.sort(Comparator.comparingLong((Wish<K> wish) -> wish.load().dropped()).reversed());
    couldShrink.sort(Comparator.comparingInt((Wish<K> wish) -> wish.saves()).reversed());
    long needed = wantGrowth.stream().mapToLong(wish -> -wish.saves()).sum();
    for (Wish<K> wish : couldShrink) {
      boolean longSo = tooLarge.getOrDefault(wish.load().key(), 0) >= SHRINK_AFTER;
      if (longSo || used + needed > totalBytes) {
        smaller.add(wish.resize());
        used -= wish.saves();
      }
    }
    smaller.forEach(resize -> tooLarge.remove(resize.key()));
    List<Resize<K>> all = new ArrayList<>(smaller);
    for (Wish<K> wish : wantGrowth) {
      if (used - wish.saves() <= totalBytes) {
        all.add(wish.resize());
        used -= wish.saves();
      }
    }
    return all;
  }

  private void countTooLarge(Wish<K> wish, Map<K, Integer> stillTooLarge) {
    if ((long) wish.bytes() * SHRINK_BELOW <= wish.load().ringBytes()) {
      K key = wish.load().key();
      stillTooLarge.put(key, tooLarge.getOrDefault(key, 0) + 1);
    }
  }

  /** What part of their wishes beyond the least all can have, 0 to 1. */
  private double share(List<Load<K>> loads) {
    long least = 0;
    long more = 0;
    for (Load<K> load : loads) {
      least += load.kind().minBytes();
      more += wanted(load) - load.kind().minBytes();
    }
    return more == 0 ? 1 : Math.clamp((double) (totalBytes - least) / more, 0, 1);
  }

  private static <K> int target(Load<K> load, double share) {
    int least = load.kind().minBytes();
    int bytes = least + (int) (share * (wanted(load) - least));
    return Integer.highestOneBit(bytes);
  }

  /** A power of two; twice what it has when that lost packets. */
  private static <K> int wanted(Load<K> load) {
    double held = load.packetsPerSecond() * PACKET_BYTES * HOLD_MS / 1000;
    long bytes = (long) Math.min(held, MAX_RING_BYTES);
    if (load.dropped() > 0) {
      bytes = Math.max(bytes, 2L * load.ringBytes());
    }
    int wanted = Math.clamp(bytes, load.kind().minBytes(), MAX_RING_BYTES);
    int power = Integer.highestOneBit(wanted);
    return power == wanted ? power : 2 * power;
  }

  private record Wish<K>(Load<K> load, int bytes) {
    int saves() {
      return load.ringBytes() - bytes;
    }

    Resize<K> resize() {
      return new Resize<>(load.key(), bytes);
    }
  }
}
