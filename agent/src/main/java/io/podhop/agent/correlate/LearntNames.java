package io.podhop.agent.correlate;

import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Host names by address, as each pod learnt them from its own DNS answers. A name holds from its
 * answer for the answer's TTL, at least {@value #MIN_TTL_SECONDS} s and at most {@value
 * #MAX_TTL_SECONDS} s, and {@value #GRACE_SECONDS} s more: a client that asked in time may well
 * connect, or connect again, a little later. One thread owns it; any may read its counters.
 *
 * @param <P> what a pod is known by
 */
public final class LearntNames<P> {
  /** Addresses remembered for one pod. */
  public static final int MAX_PER_POD = 512;

  /** Addresses remembered for all pods of a node. */
  public static final int MAX_PER_NODE = 16_384;

  static final long MIN_TTL_SECONDS = 1;
  static final long MAX_TTL_SECONDS = 3_600;
  static final long GRACE_SECONDS = 30;

  /** An address that several names share, as with every CDN, keeps the last ones. */
  private static final int MAX_PER_ADDRESS = 4;

  private static final long SECOND_NS = 1_000_000_000L;

  private final int maxPerPod;
  private final int maxPerNode;
  private final Map<P, LinkedHashMap<IpAddress, List<Holding>>> pods = new HashMap<>();
  private final AtomicInteger size = new AtomicInteger();
  private final AtomicLong overflowed = new AtomicLong();

  public LearntNames() {
    this(MAX_PER_POD, MAX_PER_NODE);
  }

  LearntNames(int maxPerPod, int maxPerNode) {
    this.maxPerPod = maxPerPod;
    this.maxPerNode = maxPerNode;
  }

  private record Holding(String name, long fromNs, long untilNs) {
    boolean covers(long atNs) {
      return atNs >= fromNs && atNs <= untilNs;
    }
  }

  /**
   * Remembers one address of an answer.
   *
   * @param pod whose question it was
   * @param name the name that was asked for, whatever aliases (CNAME) led to the address
   * @param atNs epoch nanoseconds of the answer
   */
  public void learn(P pod, String name, IpAddress address, long ttlSeconds, long atNs) {
    if (name.isEmpty()) {
      return;
    }
    LinkedHashMap<IpAddress, List<Holding>> known =
        pods.computeIfAbsent(pod, _ -> new LinkedHashMap<>());
    long ttl = Math.clamp(ttlSeconds, MIN_TTL_SECONDS, MAX_TTL_SECONDS);
    long untilNs = atNs + (ttl + GRACE_SECONDS) * SECOND_NS;
    List<Holding> before = known.remove(address);
    known.put(address, with(before == null ? List.of() : before, name, atNs, untilNs));
    if (before != null) {
      return;
    }
    if (size.incrementAndGet() > maxPerNode || known.size() > maxPerPod) {
      known.pollFirstEntry();
      if (known.isEmpty()) {
        pods.remove(pod);
      }
      size.decrementAndGet();
      overflowed.incrementAndGet();
    }
  }

  /** Newest first; the same name learnt again while it holds goes on as one holding. */
  private static List<Holding> with(List<Holding> before, String name, long atNs, long untilNs) {
    long fromNs = atNs;
    for (int i = before.size() - 1; i >= 0; i--) {
      Holding held = before.get(i);
      fromNs = held.name().equals(name) && held.covers(atNs) ? held.fromNs() : fromNs;
    }
    List<Holding> holdings = new ArrayList<>(before.size() + 1);
    holdings.add(new Holding(name, fromNs, untilNs));
    for (Holding held : before) {
      boolean other = !held.name().equals(name) || held.untilNs() < fromNs;
      if (other && holdings.size() < MAX_PER_ADDRESS) {
        holdings.add(held);
      }
    }
    return holdings;
  }

  /** The name under which the pod knew the address at that time; the latest of several. */
  public Optional<String> name(P pod, IpAddress address, long atNs) {
    LinkedHashMap<IpAddress, List<Holding>> known = pods.get(pod);
    List<Holding> holdings = known == null ? null : known.get(address);
    if (holdings != null) {
      for (Holding held : holdings) {
        if (held.covers(atNs)) {
          return Optional.of(held.name());
        }
      }
    }
    return Optional.empty();
  }

  /** Forgets all pods but these. */
  public void retain(Set<P> living) {
    pods.entrySet()
        .removeIf(
            entry -> {
              boolean gone = !living.contains(entry.getKey());
              size.addAndGet(gone ? -entry.getValue().size() : 0);
              return gone;
            });
  }

  public int size() {
    return size.get();
  }

  /** Addresses forgotten because a bound was reached. */
  public long overflowed() {
    return overflowed.get();
  }
}
