package io.podhop.agent;

import io.podhop.agent.correlate.Inventory;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.correlate.Peers;
import io.podhop.agent.cri.CriReader;
import io.podhop.agent.cri.CriSnapshot;
import io.podhop.agent.ipam.Introspection;
import io.podhop.agent.ipam.IntrospectionSnapshot;
import io.podhop.agent.ipam.IpamReader;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.linux.Commands;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceGoneException;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.ProcFs;
import io.podhop.agent.linux.RtNetlink;
import io.podhop.agent.nat.Backend;
import io.podhop.agent.nat.NatReader;
import io.podhop.agent.nat.NatSnapshot;
import io.podhop.agent.nat.Ruleset;
import io.podhop.agent.netns.PodNamespaceReader;
import io.podhop.agent.netns.PodNamespacesSnapshot;
import io.podhop.agent.route.RouteReader;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import io.podhop.v1.NodeQuestion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the node: every reader once, joined to a view. Calls are serialised; the view is immutable.
 */
final class NodeReaders implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeReaders.class);

  private final String node;
  private final PodNamespaceReader namespaces;
  private final IpamReader ipam;
  private final Introspection introspection = new Introspection(Introspection.DEFAULT);
  private final RouteReader routes;
  private final NatReader nat;
  private final Peers peers = new Peers();
  private final ProcFs proc;
  private final NamespaceThread thread;
  private final LinuxCounters counters;
  private @Nullable CriReader runtime;
  private IntrospectionSnapshot ipamdSays = IntrospectionSnapshot.EMPTY;
  private NatSnapshot lastNat = NatSnapshot.of(Ruleset.empty(Backend.NFT));

  NodeReaders(AgentConfig config, NamespaceThread thread, LinuxCounters counters) {
    this.node = config.node();
    this.thread = thread;
    this.counters = counters;
    this.proc = new ProcFs(Path.of("/proc"), counters);
    this.namespaces = new PodNamespaceReader(proc, thread, counters);
    this.ipam = new IpamReader(config.logDirectory(), config.stateDirectory(), () -> ipamdSays);
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
    return read(routes.read());
  }

  /**
   * Everything afresh and what only questions need: kernel parameters, the routing state inside the
   * namespaces of the pods that the question is about (all of them for an audit), and ipamd's own
   * answer when the question is about addresses or an audit, for which two seconds may pass.
   */
  synchronized NodeView readFor(NodeQuestion question) throws IOException {
    lastNat = nat.read();
    NodeView view = readAsking(question);
    Map<PodRef, RouteSnapshot> insides = new HashMap<>();
    for (PodInfo pod : view.inventory().pods()) {
      if (needsInside(question, pod)) {
        inside(pod).ifPresent(state -> insides.put(pod.ref(), state));
      }
    }
    return view.with(insides);
  }

  /** An answer of ipamd is about the moment of one question: what comes later must not see it. */
  private NodeView readAsking(NodeQuestion question) throws IOException {
    ipamdSays = needsIpamd(question) ? introspection.read() : IntrospectionSnapshot.EMPTY;
    try {
      return read(routes.readWithSysctls());
    } finally {
      ipamdSays = IntrospectionSnapshot.EMPTY;
    }
  }

  private static boolean needsIpamd(NodeQuestion question) {
    return switch (question.getQuestionCase()) {
      case ADDRESS, DESCRIBE, AUDIT -> true;
      case LEG, QUESTION_NOT_SET -> false;
    };
  }

  private static boolean needsInside(NodeQuestion question, PodInfo pod) {
    return switch (question.getQuestionCase()) {
      case AUDIT -> true;
      case LEG -> question.getLeg().getPod().equals(pod.ref().toString());
      case ADDRESS, DESCRIBE, QUESTION_NOT_SET -> false;
    };
  }

  /** Empty when the pod is gone meanwhile, or its namespace cannot be read: logged. */
  private Optional<RouteSnapshot> inside(PodInfo pod) {
    Path namespace = proc.netnsPath(pod.pid());
    try (RtNetlink netlink =
        thread.inNamespace(namespace, pod.netnsInode(), () -> RtNetlink.open(counters))) {
      return Optional.of(routes.read(netlink));
    } catch (NamespaceGoneException e) {
      return Optional.empty();
    } catch (IOException e) {
      LOG.warn("cannot read the network namespace of {}", pod.ref(), e);
      return Optional.empty();
    }
  }

  private NodeView read(RouteSnapshot routing) throws IOException {
    PodNamespacesSnapshot found = namespaces.read();
    IpamSnapshot holders = ipam.poll();
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
    introspection.close();
  }
}
