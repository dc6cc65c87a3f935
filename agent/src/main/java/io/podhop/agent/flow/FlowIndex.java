package io.podhop.agent.flow;

import java.security.SecureRandom;

/**
 * Finds a connection's slot by point, tuple and discriminator, in either direction: open addressing
 * with linear probing over one array, which grows by doubling when it is half full. A bucket holds
 * the key's hash and the slot, so that other keys are passed over without a look at their slot;
 * deletion shifts back what follows, so that there are no tombstones. The hash is keyed by a secret
 * of each table: who sends the packets cannot choose tuples that meet in one bucket.
 */
final class FlowIndex {
  private static final long EMPTY = 0;
  private static final int MIN_BUCKETS = 1024;

  private final FlowSlots slots;
  private final Slot slot = new Slot();
  private final FlowProbe key = new FlowProbe();
  private long[] buckets = new long[MIN_BUCKETS];
  private int mask = MIN_BUCKETS - 1;
  private int size;

  private final long secret0;
  private final long secret1;
  private final long portSecret;

  FlowIndex(FlowSlots slots) {
    this.slots = slots;
    SecureRandom random = new SecureRandom();
    this.secret0 = random.nextLong();
    this.secret1 = random.nextLong();
    this.portSecret = random.nextLong() | 1;
  }

  /** The slot of this key in either direction, or {@link FlowSlots#NONE}. */
  int find(FlowProbe probe) {
    int hash = hash(probe);
    int bucket = hash & mask;
    long entry = buckets[bucket];
    while (entry != EMPTY) {
      if ((int) (entry >>> 32) == hash && matches((int) entry - 1, probe)) {
        return (int) entry - 1;
      }
      bucket = bucket + 1 & mask;
      entry = buckets[bucket];
    }
    return FlowSlots.NONE;
  }

  /** The slot that a key most likely leads to, by the first bucket alone; for looking ahead. */
  int guess(int hash) {
    return (int) buckets[hash & mask] - 1;
  }

  /** Adds a slot under a key that is not in the index. */
  void add(FlowProbe probe, int number) {
    size++;
    if (size > buckets.length / 2) {
      grow();
    }
    put((long) hash(probe) << 32 | number + 1);
  }

  private void put(long entry) {
    int bucket = (int) (entry >>> 32) & mask;
    while (buckets[bucket] != EMPTY) {
      bucket = bucket + 1 & mask;
    }
    buckets[bucket] = entry;
  }

  /** The entries hold their hashes, so no slot is read. */
  private void grow() {
    long[] before = buckets;
    buckets = new long[2 * before.length];
    mask = buckets.length - 1;
    for (long entry : before) {
      if (entry != EMPTY) {
        put(entry);
      }
    }
  }

  /** Takes out a slot that is in the index, by the key it holds. */
  void remove(int number) {
    slots.at(number, slot);
    slot.fill(key);
    int gap = hash(key) & mask;
    while ((int) buckets[gap] != number + 1) {
      if (buckets[gap] == EMPTY) {
        throw new IllegalStateException("slot " + number + " is not in the index");
      }
      gap = gap + 1 & mask;
    }
    size--;
    int bucket = gap + 1 & mask;
    while (buckets[bucket] != EMPTY) {
      int home = (int) (buckets[bucket] >>> 32) & mask;
      if ((bucket - home & mask) >= (bucket - gap & mask)) {
        buckets[gap] = buckets[bucket];
        gap = bucket;
      }
      bucket = bucket + 1 & mask;
    }
    buckets[gap] = EMPTY;
  }

  /** Entries, for checks. */
  int count() {
    int count = 0;
    for (long entry : buckets) {
      count += entry == EMPTY ? 0 : 1;
    }
    return count;
  }

  private boolean matches(int number, FlowProbe probe) {
    slots.at(number, slot);
    return slot.isForward(probe) || slot.isBackward(probe);
  }

  /** The same for both directions. */
  int hash(FlowProbe probe) {
    long ends =
        end(probe.sourceHigh, probe.sourceLow, probe.sourcePort)
            + end(probe.destinationHigh, probe.destinationLow, probe.destinationPort);
    long context = (long) probe.discriminator << 32 | probe.context();
    long mixed = multiply(ends ^ secret0, context ^ secret1);
    return (int) (mixed ^ mixed >>> 32);
  }

  private long end(long high, long low, int port) {
    return multiply(high ^ secret1, low + port * portSecret ^ secret0);
  }

  /** The two halves of the product, folded. */
  private static long multiply(long a, long b) {
    return a * b ^ Math.multiplyHigh(a, b);
  }
}
