package io.podhop.agent;

import io.podhop.agent.correlate.Inventory;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.correlate.Peers;
import io.podhop.agent.cri.CriReader;
import io.podhop.agent.cri.CriSnapshot;
import io.podhop.agent.ipam.IpamReader;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.linux.Commands;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.ProcFs;
import io.podhop.agent.nat.Backend;
import io.podhop.agent.nat.NatReader;
import io.podhop.agent.nat.NatSnapshot;
import io.podhop.agent.nat.Ruleset;
import io.podhop.agent.netns.PodNamespaceReader;
import io.podhop.agent.netns.PodNamespacesSnapshot;
import io.podhop.agent.route.RouteReader;
import io.podhop.agent.route.RouteSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Reads the node: every reader once, joined to a view. Calls are serialised; the view is immutable.
 */
final class NodeReaders implements AutoCloseable {
  private final String node;
  private final PodNamespaceReader namespaces;
  private final IpamReader ipam;
  private final RouteReader routes;
  private final NatReader nat;
  private final Peers peers = new Peers();
  private @Nullable CriReader runtime;
  private NatSnapshot lastNat = NatSnapshot.of(Ruleset.empty(Backend.NFT));

  NodeReaders(AgentConfig config, NamespaceThread thread, LinuxCounters counters) {
    this.node = config.node();
    this.namespaces =
        new PodNamespaceReader(new ProcFs(Path.of("/proc"), counters), thread, counters);
    this.ipam = new IpamReader(config.logDirectory(), config.stateDirectory());
    this.routes = new RouteReader(counters);
    this.nat = new NatReader(new Commands());
  }

  /**
   * Everything afresh, the rule sets of iptables and nft too, which takes some ten milliseconds.
   */
  synchronized NodeView read() throws IOException {
    lastNat = nat.read();
    return readKeepingRules();
  }

  /** All but the rule sets. */
  synchronized NodeView readKeepingRules() throws IOException {
    PodNamespacesSnapshot found = namespaces.read();
    IpamSnapshot holders = ipam.poll();
    RouteSnapshot routing = routes.read();
    return new NodeView(
        Inventory.join(node, found, holders, pods(), routing, lastNat),
        holders,
        routing,
        lastNat,
        peers.book());
  }

  /** What the next view will know of other nodes. */
  Peers peers() {
    return peers;
  }

  /** Connecting costs half a second of class loading: only where there is a runtime to ask. */
  private CriSnapshot pods() {
    if (runtime == null && Files.exists(CriReader.CONTAINERD)) {
      runtime = new CriReader(CriReader.CONTAINERD);
    }
    return runtime == null ? CriSnapshot.EMPTY : runtime.read();
  }

  synchronized PodNamespacesSnapshot namespaces() throws IOException {
    return namespaces.read();
  }

  @Override
  public synchronized void close() {
    if (runtime != null) {
      runtime.close();
    }
    ipam.close();
  }
}
