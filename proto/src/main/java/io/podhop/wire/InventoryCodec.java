package io.podhop.wire;

import com.google.protobuf.ByteString;
import io.podhop.model.Cidr;
import io.podhop.model.EniInfo;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import io.podhop.model.ServicePort;
import io.podhop.model.Unaddressed;
import java.util.List;

/** What an agent tells of its node: pods, ENIs, services. */
public final class InventoryCodec {
  private InventoryCodec() {}

  public static io.podhop.v1.NodeInventory encode(NodeInventory inventory) {
    return io.podhop.v1.NodeInventory.newBuilder()
        .setNode(inventory.node())
        .setPrimaryAddress(ModelCodec.encode(inventory.primaryAddress()))
        .addAllVpcCidrs(inventory.vpcCidrs().stream().map(Cidr::toString).toList())
        .addAllEnis(inventory.enis().stream().map(InventoryCodec::encode).toList())
        .addAllPods(inventory.pods().stream().map(InventoryCodec::encode).toList())
        .addAllServices(inventory.services().stream().map(InventoryCodec::encode).toList())
        .addAllUnaddressed(inventory.unaddressed().stream().map(InventoryCodec::encode).toList())
        .addAllWarnings(inventory.warnings())
        .build();
  }

  public static NodeInventory decode(io.podhop.v1.NodeInventory inventory) {
    return new NodeInventory(
        inventory.getNode(),
        ModelCodec.decode(inventory.getPrimaryAddress()),
        inventory.getVpcCidrsList().stream().map(Cidr::parse).toList(),
        inventory.getEnisList().stream().map(InventoryCodec::decode).toList(),
        inventory.getPodsList().stream().map(InventoryCodec::decode).toList(),
        inventory.getServicesList().stream().map(InventoryCodec::decode).toList(),
        inventory.getUnaddressedList().stream().map(InventoryCodec::decode).toList(),
        inventory.getWarningsList());
  }

  private static io.podhop.v1.Unaddressed encode(Unaddressed pod) {
    return io.podhop.v1.Unaddressed.newBuilder()
        .setNamespace(pod.pod().namespace())
        .setName(pod.pod().name())
        .setReason(pod.reason())
        .addAllEvidence(pod.evidence().stream().map(ModelCodec::encode).toList())
        .build();
  }

  private static Unaddressed decode(io.podhop.v1.Unaddressed pod) {
    return new Unaddressed(
        new PodRef(pod.getNamespace(), pod.getName()),
        pod.getReason(),
        pod.getEvidenceList().stream().map(ModelCodec::decode).toList());
  }

  public static io.podhop.v1.PodInfo encode(PodInfo pod) {
    return io.podhop.v1.PodInfo.newBuilder()
        .setNamespace(pod.ref().namespace())
        .setName(pod.ref().name())
        .setWorkload(pod.workload())
        .setContainerId(pod.containerId())
        .addAllAddresses(encodeAll(pod.addresses()))
        .setNetnsInode(pod.netnsInode())
        .setPid(pod.pid())
        .setHostVeth(pod.hostVeth())
        .setHostVethIndex(pod.hostVethIndex())
        .setEniInterface(pod.eniInterface())
        .setRouteTable(pod.routeTable())
        .build();
  }

  public static PodInfo decode(io.podhop.v1.PodInfo pod) {
    return new PodInfo(
        new PodRef(pod.getNamespace(), pod.getName()),
        pod.getWorkload(),
        pod.getContainerId(),
        decodeAll(pod.getAddressesList()),
        pod.getNetnsInode(),
        pod.getPid(),
        pod.getHostVeth(),
        pod.getHostVethIndex(),
        pod.getEniInterface(),
        pod.getRouteTable());
  }

  public static io.podhop.v1.EniInfo encode(EniInfo eni) {
    return io.podhop.v1.EniInfo.newBuilder()
        .setId(eni.id())
        .setInterfaceName(eni.interfaceName())
        .setIfindex(eni.ifindex())
        .addAllAddresses(encodeAll(eni.addresses()))
        .setRouteTable(eni.routeTable())
        .build();
  }

  public static EniInfo decode(io.podhop.v1.EniInfo eni) {
    return new EniInfo(
        eni.getId(),
        eni.getInterfaceName(),
        eni.getIfindex(),
        decodeAll(eni.getAddressesList()),
        eni.getRouteTable());
  }

  public static io.podhop.v1.ServicePort encode(ServicePort service) {
    io.podhop.v1.ServicePort.Builder message =
        io.podhop.v1.ServicePort.newBuilder()
            .setNamespace(service.namespace())
            .setName(service.name())
            .setPortName(service.portName())
            .setProtocol(service.protocol().number())
            .setClusterIp(ModelCodec.encode(service.clusterIp()))
            .setPort(service.port())
            .setNodePort(service.nodePort());
    service
        .endpoints()
        .forEach(
            backend ->
                message
                    .addEndpointsBuilder()
                    .setAddress(ModelCodec.encode(backend.address()))
                    .setPort(backend.port()));
    return message.build();
  }

  public static ServicePort decode(io.podhop.v1.ServicePort service) {
    return new ServicePort(
        service.getNamespace(),
        service.getName(),
        service.getPortName(),
        ModelCodec.protocol(service.getProtocol()),
        ModelCodec.decode(service.getClusterIp()),
        service.getPort(),
        service.getNodePort(),
        service.getEndpointsList().stream()
            .map(
                backend ->
                    new ServicePort.Backend(
                        ModelCodec.decode(backend.getAddress()), backend.getPort()))
            .toList());
  }

  private static List<ByteString> encodeAll(List<IpAddress> addresses) {
    return addresses.stream().map(ModelCodec::encode).toList();
  }

  private static List<IpAddress> decodeAll(List<ByteString> addresses) {
    return addresses.stream().map(ModelCodec::decode).toList();
  }
}
