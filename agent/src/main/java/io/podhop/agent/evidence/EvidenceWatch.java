package io.podhop.agent.evidence;

import io.podhop.model.Citation;
import io.podhop.model.FlowKey;
import io.podhop.model.NodeEvidence;
import io.podhop.model.NodeEvidence.KernelDrop;
import io.podhop.model.NodeEvidence.Socket;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node being looked at; begun and ended once. */
public final class EvidenceWatch implements AutoCloseable {
  static final int MAX_DROPS = 256;
  private static final int MAX_SOCKETS = 512;
  private static final int MAX_SENTENCES = 64;
  private static final Logger LOG = LoggerFactory.getLogger(EvidenceWatch.class);

  private final Evidence evidence;
  private final EvidenceRequest request;
  private final Set<String> unavailable = new LinkedHashSet<>();
  private final Instant since = Instant.now();
  private @Nullable KernelDrops drops;
  private @Nullable PolicyLog log;
  private @Nullable Counters before;
  private boolean closed;

  EvidenceWatch(Evidence evidence, EvidenceRequest request) {
    this.evidence = evidence;
    this.request = request;
  }

  synchronized void recordDrops() {
    try {
      drops = KernelDrops.open(request.devices());
    } catch (IOException e) {
      lacks("kernel drops: " + e.getMessage());
    }
  }

  synchronized void begin(Path policyLog) {
    try {
      log = PolicyLog.open(policyLog);
    } catch (IOException e) {
      lacks("network policy log: " + e.getMessage());
    }
    before = evidence.counters(request, this::lacks);
  }

  /** Notes what could not be looked at. */
  public synchronized void lacks(String sentence) {
    if (unavailable.size() < MAX_SENTENCES) {
      unavailable.add(sentence);
    }
  }

  /**
   * What was found from the beginning until now. What is recorded goes on until this is closed.
   *
   * @param sightings captured packets, of these conversations and of others
   * @param tuples the conversations that are asked about, as they look at any of the points
   */
  public synchronized NodeEvidence end(
      Collection<PacketSighting> sightings, Collection<FlowKey> tuples) {
    List<Socket> sockets = new ArrayList<>();
    List<String> socketsRead = new ArrayList<>();
    List<KernelDrop> dropped = dropped(sightings, Set.copyOf(tuples));
    Counters after = evidence.counters(request, this::lacks);
    sockets(sockets, socketsRead);
    return new NodeEvidence(
        evidence.node(),
        before == null ? List.of() : after.since(before),
        dropped,
        sockets,
        socketsRead,
        denials(tuples),
        evidence.settings(request.nodeInterfaces()),
        List.copyOf(unavailable));
  }

  private List<KernelDrop> dropped(Collection<PacketSighting> sightings, Set<FlowKey> tuples) {
    if (drops == null) {
      return List.of();
    }
    List<PacketSighting> own =
        sightings.stream()
            .filter(
                seen -> tuples.contains(seen.tuple()) || tuples.contains(seen.tuple().reversed()))
            .toList();
    try {
      List<KernelDrop> all = drops.finish(own, this::lacks);
      return all.subList(0, Math.min(MAX_DROPS, all.size()));
    } catch (IOException e) {
      lacks("kernel drops: " + e.getMessage());
      return List.of();
    }
  }

  private void sockets(List<Socket> found, List<String> read) {
    if (request.ports().isEmpty() || request.protocol().isIcmp()) {
      return;
    }
    for (PodPlace place : request.destinations()) {
      try {
        List<Socket> ofPod = evidence.sockets(place, request);
        if (found.size() + ofPod.size() > MAX_SOCKETS) {
          throw new IOException("too many sockets of other pods before");
        }
        found.addAll(ofPod);
        read.add(place.pod().toString());
      } catch (IOException e) {
        lacks("sockets of " + place.pod() + ": " + e.getMessage());
      }
    }
  }

  private List<Citation> denials(Collection<FlowKey> tuples) {
    if (log == null) {
      return List.of();
    }
    try {
      return log.denials(tuples, since, this::lacks).stream()
          .map(verdict -> new Citation(Citation.Source.NOTE, PolicyLog.NAME, 0, verdict.line()))
          .toList();
    } catch (IOException e) {
      lacks("network policy log: " + e.getMessage());
      return List.of();
    }
  }

  /** Nothing of it stays in the kernel. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (drops != null) {
      drops.close();
    }
    if (log != null) {
      try {
        log.close();
      } catch (IOException e) {
        LOG.debug("cannot close the network policy log", e);
      }
    }
    evidence.ended(this);
  }
}
