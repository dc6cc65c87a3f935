package io.podhop.agent.evidence;

import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.ProcFs;
import io.podhop.agent.linux.SocketDiag;
import io.podhop.agent.linux.SocketDiag.Waiting;
import io.podhop.model.NodeEvidence.Socket;
import io.podhop.model.Protocol;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads which sockets of a pod wait at some ports, how full they are, and who does not read. */
final class SocketReader {
  /** Listeners of one port may be many with SO_REUSEPORT. */
  static final int MAX_SOCKETS = 256;

  private static final int MAX_PROCESSES = 512;
  private static final int MAX_DESCRIPTORS = 4096;

  private final ProcFs proc;
  private final NamespaceThread namespaces;

  SocketReader(ProcFs proc, NamespaceThread namespaces) {
    this.proc = proc;
    this.namespaces = namespaces;
  }

  /**
   * Listening TCP, or unconnected UDP sockets of the pod: all of them.
   *
   * @param protocol TCP or UDP
   * @throws IOException when the pod is gone, there are too many, or the kernel does not tell
   */
  List<Socket> read(PodPlace place, Protocol protocol, Set<Integer> ports) throws IOException {
    List<Waiting> waiting = new ArrayList<>();
    try (SocketDiag diag =
        namespaces.inNamespace(proc.netnsPath(place.pid()), place.netnsInode(), SocketDiag::open)) {
      for (IpFamily family : List.of(IpFamily.IPV4, IpFamily.IPV6)) {
        waiting.addAll(diag.waiting(family, protocol, ports));
      }
    }
    if (waiting.size() > MAX_SOCKETS) {
      throw new IOException("more than " + MAX_SOCKETS + " wait at these ports");
    }
    Set<Long> stopped =
        stopped(place, waiting.stream().map(Waiting::inode).collect(Collectors.toSet()));
    return waiting.stream()
        .map(
            one ->
                new Socket(
                    place.pod().toString(),
                    protocol,
                    one.local(),
                    one.port(),
                    protocol == Protocol.TCP,
                    one.queued(),
                    one.limit().orElse(-1),
                    one.dropped(),
                    stopped.contains(one.inode())))
        .toList();
  }

  /**
   * Of these sockets those that only stopped processes hold. Looks among the processes of the pod's
   * network namespace, and not without end: a socket whose holders were not found is not stopped.
   */
  private Set<Long> stopped(PodPlace place, Set<Long> wanted) throws IOException {
    Map<Long, Boolean> allStopped = new HashMap<>();
    int looked = 0;
    for (int pid : wanted.isEmpty() ? List.<Integer>of() : proc.pids()) {
      if (looked < MAX_PROCESSES
          && proc.netnsInode(pid).equals(OptionalLong.of(place.netnsInode()))) {
        looked++;
        Set<Long> held = new HashSet<>(proc.socketInodes(pid, MAX_DESCRIPTORS));
        held.retainAll(wanted);
        if (!held.isEmpty()) {
          boolean stopped = proc.isStopped(pid);
          held.forEach(inode -> allStopped.merge(inode, stopped, Boolean::logicalAnd));
        }
      }
    }
    return allStopped.entrySet().stream()
        .filter(Map.Entry::getValue)
        .map(Map.Entry::getKey)
        .collect(Collectors.toUnmodifiableSet());
  }
}
