package io.podhop.agent.netns;

import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.InterfaceNames;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceGoneException;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.ProcFs;
import io.podhop.agent.linux.RtNetlink;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds every network namespace but our own by /proc/*{@literal /}ns/net, and reads its links and
 * addresses. A namespace is entered once and remembered; one that has no pod address yet is read
 * again by every scan.
 */
public final class PodNamespaceReader {
  /** More namespaces than a node can have pods (EKS allows at most 737). */
  public static final int NAMESPACE_BOUND = 1024;

  private static final Logger log = LoggerFactory.getLogger(PodNamespaceReader.class);

  private final ProcFs proc;
  private final NamespaceThread namespaceThread;
  private final LinuxCounters counters;
  private final int bound;
  private Map<Long, NetworkNamespace> known = Map.of();

  public PodNamespaceReader(ProcFs proc, NamespaceThread namespaceThread, LinuxCounters counters) {
    this(proc, namespaceThread, counters, NAMESPACE_BOUND);
  }

  PodNamespaceReader(
      ProcFs proc, NamespaceThread namespaceThread, LinuxCounters counters, int bound) {
    this.proc = proc;
    this.namespaceThread = namespaceThread;
    this.counters = counters;
    this.bound = bound;
  }

  /**
   * The namespaces of now; enters only those not seen before.
   *
   * @throws IOException when /proc cannot be listed
   */
  public synchronized PodNamespacesSnapshot read() throws IOException {
    Scan scan = new Scan();
    for (Map.Entry<Long, List<Integer>> found : pidsByNamespace().entrySet()) {
      scan.add(found.getKey(), found.getValue());
    }
    known = scan.namespaces;
    return scan.snapshot();
  }

  /** As {@link #read()}, but enters all of them again. */
  public synchronized PodNamespacesSnapshot readAfresh() throws IOException {
    known = Map.of();
    return read();
  }

  private Map<Long, List<Integer>> pidsByNamespace() throws IOException {
    Map<Long, List<Integer>> pids = new TreeMap<>();
    for (int pid : proc.pids()) {
      OptionalLong inode = proc.netnsInode(pid);
      if (inode.isPresent() && inode.getAsLong() != namespaceThread.ownInode()) {
        pids.computeIfAbsent(inode.getAsLong(), _ -> new ArrayList<>()).add(pid);
      }
    }
    return pids;
  }

  private @Nullable NetworkNamespace stillKnown(long inode, List<Integer> pids) {
    NetworkNamespace before = known.get(inode);
    // An inode number is given out again at once, so only a process that stayed proves identity.
    boolean same =
        before != null
            && !before.podAddresses().isEmpty()
            && pids.contains(before.pid())
            && proc.startTicks(before.pid()).equals(OptionalLong.of(before.startTicks()));
    return same ? before : null;
  }

  private NetworkNamespace enter(long inode, List<Integer> pids) throws IOException {
    NamespaceGoneException last = null;
    for (int pid : pids) {
      try {
        return enter(inode, pid);
      } catch (NamespaceGoneException e) {
        last = e;
      }
    }
    if (last == null) {
      throw new IllegalStateException("a namespace without a process: " + inode);
    }
    throw last;
  }

  private NetworkNamespace enter(long inode, int pid) throws IOException {
    long startTicks = proc.startTicks(pid).orElse(0);
    try (RtNetlink netlink =
        namespaceThread.inNamespace(proc.netnsPath(pid), inode, () -> RtNetlink.open(counters))) {
      List<Link> links = netlink.links();
      List<InterfaceAddress> addresses = netlink.addresses(new InterfaceNames(links));
      return new NetworkNamespace(inode, pid, startTicks, proc.netnsPath(pid), links, addresses);
    }
  }

  /** What one scan has found so far. */
  private final class Scan {
    private final Map<Long, NetworkNamespace> namespaces = new HashMap<>();
    private final List<NetworkNamespace> inOrder = new ArrayList<>();
    private int vanished;
    private int unreadable;
    private int beyondBound;

    void add(long inode, List<Integer> pids) {
      if (namespaces.size() >= bound) {
        beyondBound++;
        return;
      }
      try {
        NetworkNamespace before = stillKnown(inode, pids);
        NetworkNamespace namespace = before != null ? before : enter(inode, pids);
        namespaces.put(inode, namespace);
        inOrder.add(namespace);
      } catch (NamespaceGoneException e) {
        vanished++;
      } catch (IOException e) {
        unreadable++;
        log.warn("cannot read network namespace {} of pid {}", inode, pids.getFirst(), e);
      }
    }

    PodNamespacesSnapshot snapshot() {
      return new PodNamespacesSnapshot(inOrder, vanished, unreadable, beyondBound);
    }
  }
}
