package io.podhop.agent.evidence;

import io.podhop.agent.linux.ProcFs;
import io.podhop.model.NodeEvidence.CounterChange;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Takes snapshots of {@link Counters}; a pod's are read through /proc, without entering it. All of
 * a node's are its network namespace's own, but for softnet's, which are the machine's.
 */
final class CounterReader {
  private static final String POD_INTERFACE = "eth0";

  private final ProcFs proc;
  private final int nodePid;
  private final InterfaceStatistics statistics;

  /** Reads the driver's counters of an interface, {@code ethtool -S}. */
  @FunctionalInterface
  interface InterfaceStatistics {
    /** By name; none when there are none. */
    Map<String, Long> read(String interfaceName) throws IOException;
  }

  /**
   * @param nodePid a process in the node's network namespace
   */
  CounterReader(ProcFs proc, int nodePid, InterfaceStatistics statistics) {
    this.proc = proc;
    this.nodePid = nodePid;
    this.statistics = statistics;
  }

  /**
   * Everything countable now.
   *
   * @param interfaces of the node that are of interest
   * @param enis those among them whose drivers count
   * @param unavailable takes a sentence for each thing that could not be read
   */
  Counters read(
      Set<String> interfaces,
      Collection<String> enis,
      Collection<PodPlace> pods,
      Consumer<String> unavailable) {
    Map<String, Map<String, Long>> values = new HashMap<>();
    values.put(CounterChange.NODE, node(unavailable));
    devices(nodePid)
        .forEach(
            (name, counters) -> {
              if (interfaces.contains(name)) {
                values.put(name, new LinkedHashMap<>(counters));
              }
            });
    for (String eni : enis) {
      try {
        values.computeIfAbsent(eni, _ -> new LinkedHashMap<>()).putAll(statistics.read(eni));
      } catch (IOException e) {
        unavailable.accept("driver statistics of " + eni + ": " + e.getMessage());
      }
    }
    for (PodPlace pod : pods) {
      if (proc.netnsInode(pod.pid()).equals(OptionalLong.of(pod.netnsInode()))) {
        values.put(pod.pod().toString(), pod(pod.pid()));
      } else {
        unavailable.accept("counters of " + pod.pod() + ": its network namespace is gone");
      }
    }
    return new Counters(values);
  }

  private Map<String, Long> node(Consumer<String> unavailable) {
    Map<String, Long> own = protocols(nodePid);
    proc.netFile(nodePid, "softnet_stat").ifPresent(text -> own.putAll(CounterText.softnet(text)));
    proc.netFile(nodePid, "stat/nf_conntrack")
        .ifPresentOrElse(
            text -> own.putAll(CounterText.conntrack(text)),
            () -> unavailable.accept("conntrack statistics: no /proc/net/stat/nf_conntrack"));
    return own;
  }

  private Map<String, Long> pod(int pid) {
    Map<String, Long> own = protocols(pid);
    devices(pid)
        .getOrDefault(POD_INTERFACE, Map.of())
        .forEach((name, value) -> own.put(POD_INTERFACE + "." + name, value));
    return own;
  }

  private Map<String, Long> protocols(int pid) {
    Map<String, Long> own = new LinkedHashMap<>();
    proc.netFile(pid, "snmp").ifPresent(text -> own.putAll(CounterText.pairs(text)));
    proc.netFile(pid, "netstat").ifPresent(text -> own.putAll(CounterText.pairs(text)));
    proc.netFile(pid, "snmp6").ifPresent(text -> own.putAll(CounterText.lines(text)));
    return own;
  }

  private Map<String, Map<String, Long>> devices(int pid) {
    return proc.netFile(pid, "dev").map(CounterText::devices).orElse(Map.of());
  }
}
