package io.podhop.wire;

import com.google.protobuf.ByteString;
import io.podhop.model.IpAddress;
import io.podhop.model.PeerNode;
import io.podhop.model.PodRef;
import io.podhop.v1.Peers;
import java.util.List;

/** What agents are told of the other nodes. */
public final class PeerCodec {
  private PeerCodec() {}

  public static Peers encode(PeerNode peer) {
    Peers.Builder message =
        Peers.newBuilder().setNode(peer.node()).setCountsFlows(peer.countsFlows());
    for (PeerNode.Pod pod : peer.pods()) {
      message
          .addPodsBuilder()
          .addAllAddresses(encodeAll(pod.addresses()))
          .setNamespace(pod.ref().namespace())
          .setName(pod.ref().name())
          .setWorkload(pod.workload())
          .setEniInterface(pod.eniInterface());
    }
    for (PeerNode.Eni eni : peer.enis()) {
      message
          .addEnisBuilder()
          .setInterfaceName(eni.interfaceName())
          .addAllAddresses(encodeAll(eni.addresses()));
    }
    return message.build();
  }

  /**
   * @throws IllegalArgumentException when an address has neither 4 nor 16 bytes
   */
  public static PeerNode decode(Peers message) {
    return new PeerNode(
        message.getNode(),
        message.getPodsList().stream()
            .map(
                pod ->
                    new PeerNode.Pod(
                        new PodRef(pod.getNamespace(), pod.getName()),
                        pod.getWorkload(),
                        pod.getEniInterface(),
                        decodeAll(pod.getAddressesList())))
            .toList(),
        message.getEnisList().stream()
            .map(eni -> new PeerNode.Eni(eni.getInterfaceName(), decodeAll(eni.getAddressesList())))
            .toList(),
        message.getCountsFlows());
  }

  private static List<ByteString> encodeAll(List<IpAddress> addresses) {
    return addresses.stream().map(ModelCodec::encode).toList();
  }

  private static List<IpAddress> decodeAll(List<ByteString> addresses) {
    return addresses.stream().map(ModelCodec::decode).toList();
  }
}
