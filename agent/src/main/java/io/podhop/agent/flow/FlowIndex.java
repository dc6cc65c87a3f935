package io.podhop.agent.flow;

import java.util.Arrays;

/**
 * Finds the newest connection of a point, tuple and discriminator in either direction: open
 * addressing with linear probing over primitive columns. Slots are given in order and never move.
 */
final class FlowIndex {
  private static final int EMPTY = -1;
  private static final long MIX = 0x9e37_79b9_7f4a_7c15L;

  private final long[] clientHigh;
  private final long[] clientLow;
  private final long[] serverHigh;
  private final long[] serverLow;
  private final int[] ports;
  private final int[] point;
  private final int[] protocol;
  private final int[] discriminator;
  private final int[] buckets;
  private int size;

  FlowIndex(int capacity) {
    clientHigh = new long[capacity];
    clientLow = new long[capacity];
    serverHigh = new long[capacity];
    serverLow = new long[capacity];
    ports = new int[capacity];
    point = new int[capacity];
    protocol = new int[capacity];
    discriminator = new int[capacity];
    buckets = new int[Integer.highestOneBit(Math.max(1, capacity)) * 4];
    clear();
  }

  int size() {
    return size;
  }

  void clear() {
    size = 0;
    Arrays.fill(buckets, EMPTY);
  }

  /** The newest slot of this key in either direction, or -1. */
  int find(FlowProbe probe) {
    return buckets[bucketOf(probe)];
  }

  /** Whether the probe's source is the client of a slot that was found by it. */
  boolean isFromClient(int slot, FlowProbe probe) {
    return matches(slot, probe);
  }

  /**
   * A new slot, which hides older ones of the same key.
   *
   * @param clientIsSource whether the probe's source is the client
   * @return the slot, or -1 when there is no room
   */
  int add(FlowProbe probe, boolean clientIsSource) {
    if (size == point.length) {
      return EMPTY;
    }
    int slot = size++;
    clientHigh[slot] = clientIsSource ? probe.sourceHigh : probe.destinationHigh;
    clientLow[slot] = clientIsSource ? probe.sourceLow : probe.destinationLow;
    serverHigh[slot] = clientIsSource ? probe.destinationHigh : probe.sourceHigh;
    serverLow[slot] = clientIsSource ? probe.destinationLow : probe.sourceLow;
    ports[slot] = clientIsSource ? probe.ports() : probe.reversedPorts();
    point[slot] = probe.point;
    protocol[slot] = probe.protocol;
    discriminator[slot] = probe.discriminator;
    buckets[bucketOf(probe)] = slot;
    return slot;
  }

  int point(int slot) {
    return point[slot];
  }

  int protocol(int slot) {
    return protocol[slot];
  }

  int discriminator(int slot) {
    return discriminator[slot];
  }

  long clientHigh(int slot) {
    return clientHigh[slot];
  }

  long clientLow(int slot) {
    return clientLow[slot];
  }

  long serverHigh(int slot) {
    return serverHigh[slot];
  }

  long serverLow(int slot) {
    return serverLow[slot];
  }

  int clientPort(int slot) {
    return ports[slot] >>> 16;
  }

  int serverPort(int slot) {
    return ports[slot] & 0xffff;
  }

  /** The bucket that holds the key, or the empty one where it belongs: there are always empties. */
  private int bucketOf(FlowProbe probe) {
    int mask = buckets.length - 1;
    int bucket = hash(probe) & mask;
    while (buckets[bucket] != EMPTY
        && !matches(buckets[bucket], probe)
        && !matchesReversed(buckets[bucket], probe)) {
      bucket = bucket + 1 & mask;
    }
    return bucket;
  }

  private boolean matches(int slot, FlowProbe probe) {
    return ports[slot] == probe.ports()
        && clientLow[slot] == probe.sourceLow
        && serverLow[slot] == probe.destinationLow
        && clientHigh[slot] == probe.sourceHigh
        && serverHigh[slot] == probe.destinationHigh
        && sameContext(slot, probe);
  }

  private boolean matchesReversed(int slot, FlowProbe probe) {
    return ports[slot] == probe.reversedPorts()
        && clientLow[slot] == probe.destinationLow
        && serverLow[slot] == probe.sourceLow
        && clientHigh[slot] == probe.destinationHigh
        && serverHigh[slot] == probe.sourceHigh
        && sameContext(slot, probe);
  }

  private boolean sameContext(int slot, FlowProbe probe) {
    return point[slot] == probe.point
        && protocol[slot] == probe.protocol
        && discriminator[slot] == probe.discriminator;
  }

  /** The same for both directions. */
  private static int hash(FlowProbe probe) {
    long ends =
        endHash(probe.sourceHigh, probe.sourceLow, probe.sourcePort)
            + endHash(probe.destinationHigh, probe.destinationLow, probe.destinationPort);
    long context = ((long) probe.discriminator << 32) + probe.point * 256L + probe.protocol;
    long mixed = (ends ^ context * MIX) * MIX;
    return (int) (mixed ^ mixed >>> 32);
  }

  private static long endHash(long high, long low, int port) {
    long mixed = (high * 31 + low) * 31 + port;
    mixed = (mixed ^ mixed >>> 29) * MIX;
    return mixed ^ mixed >>> 32;
  }
}
