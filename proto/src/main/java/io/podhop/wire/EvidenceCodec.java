package io.podhop.wire;

import io.podhop.model.NodeEvidence;
import io.podhop.model.NodeEvidence.CounterChange;
import io.podhop.model.NodeEvidence.KernelDrop;
import io.podhop.model.NodeEvidence.Socket;

/** What a node looked up while a trace ran. */
public final class EvidenceCodec {
  private EvidenceCodec() {}

  public static io.podhop.v1.NodeEvidence encode(NodeEvidence evidence) {
    return io.podhop.v1.NodeEvidence.newBuilder()
        .setNode(evidence.node())
        .addAllCounters(evidence.counters().stream().map(EvidenceCodec::encode).toList())
        .addAllDrops(evidence.drops().stream().map(EvidenceCodec::encode).toList())
        .addAllSockets(evidence.sockets().stream().map(EvidenceCodec::encode).toList())
        .addAllSocketsRead(evidence.socketsRead())
        .addAllPolicy(evidence.policy().stream().map(ModelCodec::encode).toList())
        .addAllSettings(evidence.settings().stream().map(ModelCodec::encode).toList())
        .addAllUnavailable(evidence.unavailable())
        .build();
  }

  /**
   * @throws IllegalArgumentException when an address or protocol is none
   */
  public static NodeEvidence decode(io.podhop.v1.NodeEvidence evidence) {
    return new NodeEvidence(
        evidence.getNode(),
        evidence.getCountersList().stream().map(EvidenceCodec::decode).toList(),
        evidence.getDropsList().stream().map(EvidenceCodec::decode).toList(),
        evidence.getSocketsList().stream().map(EvidenceCodec::decode).toList(),
        evidence.getSocketsReadList(),
        evidence.getPolicyList().stream().map(ModelCodec::decode).toList(),
        evidence.getSettingsList().stream().map(ModelCodec::decode).toList(),
        evidence.getUnavailableList());
  }

  private static io.podhop.v1.NodeEvidence.CounterChange encode(CounterChange change) {
    return io.podhop.v1.NodeEvidence.CounterChange.newBuilder()
        .setScope(change.scope())
        .setName(change.name())
        .setBefore(change.before())
        .setAfter(change.after())
        .build();
  }

  private static CounterChange decode(io.podhop.v1.NodeEvidence.CounterChange change) {
    return new CounterChange(
        change.getScope(), change.getName(), change.getBefore(), change.getAfter());
  }

  private static io.podhop.v1.NodeEvidence.KernelDrop encode(KernelDrop drop) {
    return io.podhop.v1.NodeEvidence.KernelDrop.newBuilder()
        .setReason(drop.reason())
        .setLocation(drop.location())
        .setInterfaceName(drop.interfaceName())
        .setTimeNs(drop.timeNs())
        .setLength(drop.length())
        .setScope(drop.scope())
        .build();
  }

  private static KernelDrop decode(io.podhop.v1.NodeEvidence.KernelDrop drop) {
    return new KernelDrop(
        drop.getReason(),
        drop.getLocation(),
        drop.getInterfaceName(),
        drop.getTimeNs(),
        drop.getLength(),
        drop.getScope());
  }

  private static io.podhop.v1.NodeEvidence.Socket encode(Socket socket) {
    return io.podhop.v1.NodeEvidence.Socket.newBuilder()
        .setPod(socket.pod())
        .setProtocol(socket.protocol().number())
        .setAddress(ModelCodec.encode(socket.address()))
        .setPort(socket.port())
        .setListening(socket.listening())
        .setQueued(socket.queued())
        .setLimit(socket.limit())
        .setDropped(socket.dropped())
        .setStopped(socket.stopped())
        .build();
  }

  private static Socket decode(io.podhop.v1.NodeEvidence.Socket socket) {
    return new Socket(
        socket.getPod(),
        ModelCodec.protocol(socket.getProtocol()),
        ModelCodec.decode(socket.getAddress()),
        socket.getPort(),
        socket.getListening(),
        socket.getQueued(),
        socket.getLimit(),
        socket.getDropped(),
        socket.getStopped());
  }
}
