package io.podhop.agent.correlate;

import io.podhop.model.IpAddress;
import io.podhop.model.PeerNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the collector told of the other nodes. It stays when the collector goes: these are names,
 * and old ones are better than none. Thread-safe.
 */
public final class Peers {
  /** Addresses kept, over all nodes: some 20 MB. */
  public static final int MAX_ADDRESSES = 65_536;

  private final int maxAddresses;
  private final Map<String, PeerNode> nodes = new HashMap<>();
  private int addresses;
  private long overflowed;
  private boolean changed;
  private PeerBook book = PeerBook.EMPTY;

  public Peers() {
    this(MAX_ADDRESSES);
  }

  Peers(int maxAddresses) {
    this.maxAddresses = maxAddresses;
  }

  /** Replaces what was known of that node. */
  public synchronized void learn(PeerNode told) {
    PeerNode before = nodes.remove(told.node());
    addresses -= before == null ? 0 : size(before);
    PeerNode kept = fitting(told);
    if (!kept.isForgotten()) {
      nodes.put(kept.node(), kept);
      addresses += size(kept);
    }
    changed |= !kept.equals(before);
  }

  /** The node's own addresses first: they are few. */
  private PeerNode fitting(PeerNode told) {
    int room = maxAddresses - addresses;
    List<PeerNode.Eni> enis = new ArrayList<>();
    for (PeerNode.Eni eni : told.enis()) {
      room = take(eni.addresses(), room, () -> enis.add(eni));
    }
    List<PeerNode.Pod> pods = new ArrayList<>();
    for (PeerNode.Pod pod : told.pods()) {
      room = take(pod.addresses(), room, () -> pods.add(pod));
    }
    return new PeerNode(told.node(), pods, enis, told.countsFlows());
  }

  private int take(List<IpAddress> wanted, int room, Runnable keep) {
    if (wanted.size() > room) {
      overflowed += wanted.size();
      return room;
    }
    keep.run();
    return room - wanted.size();
  }

  private static int size(PeerNode node) {
    return node.enis().stream().mapToInt(eni -> eni.addresses().size()).sum()
        + node.pods().stream().mapToInt(pod -> pod.addresses().size()).sum();
  }

  /** As it is now; the same object while nothing has changed. */
  public synchronized PeerBook book() {
    if (changed) {
      changed = false;
      book = PeerBook.of(nodes.values());
    }
    return book;
  }

  /** Addresses that were told and found no room. */
  public synchronized long overflowed() {
    return overflowed;
  }
}
