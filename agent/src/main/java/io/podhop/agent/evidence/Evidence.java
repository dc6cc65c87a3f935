package io.podhop.agent.evidence;

import io.podhop.agent.linux.EthtoolStatistics;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.ProcFs;
import io.podhop.agent.linux.SysctlReader;
import io.podhop.model.Citation;
import io.podhop.model.NodeEvidence.Socket;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at everything that a node can tell of a trace, beside its packets. */
public final class Evidence implements AutoCloseable {
  /** Each holds some megabytes of kernel memory and has every packet of its devices reported. */
  static final int MAX_KERNEL_TRACES = 4;

  private static final Logger LOG = LoggerFactory.getLogger(Evidence.class);

  private final String node;
  private final CounterReader counters;
  private final SocketReader sockets;
  private final SysctlReader sysctls = new SysctlReader();
  private final Path policyLog;
  private final Set<EvidenceWatch> running = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * Of the node whose network namespace this process is in. Removes at once what an agent that was
   * killed left in the kernel.
   *
   * @param logs where the network policy agent's log is; it need not exist
   */
  public Evidence(String node, Path logs, NamespaceThread namespaces, LinuxCounters linux) {
    ProcFs proc = new ProcFs(Path.of("/proc"), linux);
    int self = Math.toIntExact(ProcessHandle.current().pid());
    this.node = node;
    this.counters = new CounterReader(proc, self, EthtoolStatistics::read);
    this.sockets = new SocketReader(proc, namespaces);
    this.policyLog = logs.resolve(PolicyLog.NAME);
    cleanUp();
  }

  private static void cleanUp() {
    try {
      int removed = KernelDrops.removeAbandoned();
      if (removed > 0) {
        LOG.info("removed {} trace instances that an earlier agent left", removed);
      }
    } catch (IOException e) {
      LOG.info("kernel drops will not be told of: {}", e.getMessage());
    }
  }

  /** Begins; what cannot be looked at becomes a sentence of the result, never an error. */
  public EvidenceWatch begin(EvidenceRequest request) {
    EvidenceWatch watch = new EvidenceWatch(this, request);
    running.add(watch);
    if (running.size() <= MAX_KERNEL_TRACES) {
      watch.recordDrops();
    } else {
      watch.lacks("kernel drops: " + MAX_KERNEL_TRACES + " traces record them already");
    }
    watch.begin(policyLog);
    if (closed) {
      watch.close();
    }
    return watch;
  }

  void ended(EvidenceWatch watch) {
    running.remove(watch);
  }

  String node() {
    return node;
  }

  Counters counters(EvidenceRequest request, Consumer<String> unavailable) {
    return counters.read(request.nodeInterfaces(), request.enis(), request.pods(), unavailable);
  }

  List<Socket> sockets(PodPlace place, EvidenceRequest request) throws IOException {
    return sockets.read(place, request.protocol(), request.ports());
  }

  List<Citation> settings(Collection<String> interfaces) {
    return DecidingSettings.read(sysctls, interfaces);
  }

  /** Ends all that is looked at; nothing of it stays in the kernel. */
  @Override
  public void close() {
    closed = true;
    running.forEach(EvidenceWatch::close);
  }
}
