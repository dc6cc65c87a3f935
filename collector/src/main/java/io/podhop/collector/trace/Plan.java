package io.podhop.collector.trace;

import io.podhop.collector.registry.Destination;
import io.podhop.collector.registry.Ends;
import io.podhop.collector.registry.Source;
import io.podhop.model.Endpoint;
import io.podhop.model.EniInfo;
import io.podhop.model.IpAddress;
import io.podhop.model.Owner;
import io.podhop.model.Protocol;
import io.podhop.v1.Arm;
import io.podhop.v1.CollectorMessage;
import io.podhop.v1.Finish;
import io.podhop.v1.Probe;
import io.podhop.wire.ModelCodec;
import io.podhop.wire.TraceCodec;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Both ends resolved, and what each agent concerned is told. */
record Plan(Ask ask, Source source, Destination destination, Protocol protocol) {
  /** Nodes armed for one trace: a service with endpoints everywhere is not watched everywhere. */
  static final int MAX_NODES = 32;

  static final Duration INTERVAL = Duration.ofMillis(100);

  /** How long an agent stays armed beyond the time a trace may need. */
  private static final Duration GRACE = Duration.ofSeconds(10);

  /** The source's node first, then every node where the packets may end. */
  List<String> nodes() {
    Set<String> nodes = new LinkedHashSet<>();
    nodes.add(source.node());
    Stream.concat(destination.targets().stream(), Stream.of(destination.endpoint()))
        .map(Plan::node)
        .filter(node -> !node.isEmpty())
        .forEach(nodes::add);
    return nodes.stream().limit(MAX_NODES).toList();
  }

  /** The node that an end is on; empty when it is on none that we know. */
  static String node(Endpoint endpoint) {
    return switch (endpoint.owner()) {
      case Owner.Pod pod -> pod.node();
      case Owner.Node node -> node.name();
      case Owner.Service _, Owner.External _, Owner.Unknown _ -> "";
    };
  }

  Ends ends() {
    return new Ends(source, destination, protocol);
  }

  /** From arming to finishing, when everything takes as long as it may. */
  Duration longest() {
    return ask.watch() ? ask.timeout() : ask.timeout().plus(INTERVAL).multipliedBy(ask.count());
  }

  CollectorMessage arm(String requestId, String node) {
    Arm.Builder arm =
        Arm.newBuilder()
            .setRequestId(requestId)
            .setProtocol(protocol.number())
            .setMaxMs((int) longest().plus(GRACE).toMillis())
            .addAllPods(podsOn(node))
            .setSource(TraceCodec.encode(source.endpoint()))
            .setDestination(TraceCodec.encode(destination.endpoint()));
    sourceAddresses().forEach(a -> arm.addSourceAddresses(ModelCodec.encode(a)));
    destination.addresses().forEach(a -> arm.addDestinationAddresses(ModelCodec.encode(a)));
    if (!protocol.isIcmp()) {
      arm.addAllPorts(destination.ports());
    }
    if (node.equals(source.node())) {
      arm.setSourcePod(source.pod());
    }
    return CollectorMessage.newBuilder().setArm(arm).build();
  }

  /** The source's own addresses, and those that its node may rewrite them to. */
  private Set<IpAddress> sourceAddresses() {
    Set<IpAddress> addresses = new LinkedHashSet<>(source.addresses());
    addresses.add(source.inventory().primaryAddress());
    source.inventory().enis().stream().map(EniInfo::addresses).forEach(addresses::addAll);
    return addresses;
  }

  private Set<String> podsOn(String node) {
    Set<String> pods = new LinkedHashSet<>();
    if (node.equals(source.node()) && !source.pod().isEmpty()) {
      pods.add(source.pod());
    }
    for (Endpoint target : destination.targets()) {
      if (target.owner() instanceof Owner.Pod pod && pod.node().equals(node)) {
        pods.add(pod.ref().toString());
      }
    }
    return pods;
  }

  CollectorMessage probe(String requestId) {
    return CollectorMessage.newBuilder()
        .setProbe(
            Probe.newBuilder()
                .setRequestId(requestId)
                .setSourcePod(source.pod())
                .setProtocol(protocol.number())
                .setDestination(ModelCodec.encode(destination.endpoint().address()))
                .setPort(destination.endpoint().port())
                .setCount(ask.count())
                .setTimeoutMs((int) ask.timeout().toMillis())
                .setIntervalMs((int) INTERVAL.toMillis()))
        .build();
  }

  static CollectorMessage finish(String requestId) {
    return CollectorMessage.newBuilder()
        .setFinish(Finish.newBuilder().setRequestId(requestId))
        .build();
  }
}
