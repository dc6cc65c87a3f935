package io.podhop.wire;

import io.podhop.model.Cidr;
import io.podhop.model.NodeDescription;
import io.podhop.v1.BranchEni;
import io.podhop.v1.EniPool;
import io.podhop.v1.PoolAddress;
import io.podhop.v1.PoolRange;
import io.podhop.v1.PoolTrouble;
import java.time.Instant;
import java.util.OptionalInt;

/** What a node has for its pods, as it tells it. */
public final class NodeCodec {
  private static final int NOT_KNOWN = -1;

  private NodeCodec() {}

  public static io.podhop.v1.NodeDescription encode(NodeDescription node) {
    io.podhop.v1.NodeDescription.Builder message =
        io.podhop.v1.NodeDescription.newBuilder()
            .setInventory(InventoryCodec.encode(node.inventory()))
            .setInstanceType(node.instanceType())
            .setMaxPods(node.maxPods().orElse(NOT_KNOWN))
            .setMaxEnis(node.maxEnis().orElse(NOT_KNOWN))
            .setAddressesPerEni(node.addressesPerEni().orElse(NOT_KNOWN))
            .addAllEnis(node.enis().stream().map(NodeCodec::encode).toList())
            .addAllBranches(node.branches().stream().map(NodeCodec::encode).toList())
            .setLimit(node.limit())
            .addAllTroubles(node.troubles().stream().map(NodeCodec::encode).toList())
            .putAllSettings(node.settings())
            .addAllWarnings(node.warnings())
            .setUsed(NOT_KNOWN)
            .setCooling(NOT_KNOWN)
            .setFree(NOT_KNOWN);
    node.counts()
        .ifPresent(
            counts ->
                message
                    .setCountedNs(AddressCodec.nanos(counts.at()))
                    .setUsed(counts.used())
                    .setCooling(counts.cooling())
                    .setFree(counts.free()));
    return message.build();
  }

  /**
   * @throws IllegalArgumentException when the message is incomplete
   */
  public static NodeDescription decode(io.podhop.v1.NodeDescription node) {
    return new NodeDescription(
        InventoryCodec.decode(node.getInventory()),
        node.getInstanceType(),
        number(node.getMaxPods()),
        number(node.getMaxEnis()),
        number(node.getAddressesPerEni()),
        node.getEnisList().stream().map(NodeCodec::decode).toList(),
        node.getBranchesList().stream().map(NodeCodec::decode).toList(),
        AddressCodec.instant(node.getCountedNs())
            .map(
                at ->
                    new NodeDescription.Counts(
                        at, node.getUsed(), node.getCooling(), node.getFree())),
        node.getLimit(),
        node.getTroublesList().stream().map(NodeCodec::decode).toList(),
        node.getSettingsMap(),
        node.getWarningsList());
  }

  private static OptionalInt number(int value) {
    return value < 0 ? OptionalInt.empty() : OptionalInt.of(value);
  }

  private static EniPool encode(NodeDescription.Eni eni) {
    return EniPool.newBuilder()
        .setId(eni.id())
        .setInterfaceName(eni.interfaceName())
        .setPrimary(eni.primary())
        .setTrunk(eni.trunk())
        .setExcluded(eni.excluded())
        .setTold(eni.told())
        .setDeviceNumber(eni.deviceNumber())
        .setNetworkCard(eni.networkCard())
        .setRouteTable(eni.routeTable())
        .setSubnetId(eni.subnetId())
        .addAllOwnAddresses(eni.ownAddresses().stream().map(ModelCodec::encode).toList())
        .addAllRanges(eni.ranges().stream().map(NodeCodec::encode).toList())
        .build();
  }

  private static NodeDescription.Eni decode(EniPool eni) {
    return new NodeDescription.Eni(
        eni.getId(),
        eni.getInterfaceName(),
        eni.getPrimary(),
        eni.getTrunk(),
        eni.getExcluded(),
        eni.getTold(),
        eni.getDeviceNumber(),
        eni.getNetworkCard(),
        eni.getRouteTable(),
        eni.getSubnetId(),
        eni.getOwnAddressesList().stream().map(ModelCodec::decode).toList(),
        eni.getRangesList().stream().map(NodeCodec::decode).toList());
  }

  private static PoolRange encode(NodeDescription.Range range) {
    PoolRange.Builder message =
        PoolRange.newBuilder()
            .setCidr(range.cidr().toString())
            .setPrefix(range.prefix())
            .setSize(range.size());
    for (NodeDescription.Slot slot : range.addresses()) {
      message.addAddresses(
          PoolAddress.newBuilder()
              .setAddress(ModelCodec.encode(slot.address()))
              .setPod(AddressCodec.pod(slot.pod()))
              .setAssignedNs(AddressCodec.nanos(slot.assigned()))
              .setCoolingUntilNs(AddressCodec.nanos(slot.coolingUntil())));
    }
    return message.build();
  }

  private static NodeDescription.Range decode(PoolRange range) {
    return new NodeDescription.Range(
        Cidr.parse(range.getCidr()),
        range.getPrefix(),
        range.getSize(),
        range.getAddressesList().stream()
            .map(
                slot ->
                    new NodeDescription.Slot(
                        ModelCodec.decode(slot.getAddress()),
                        AddressCodec.pod(slot.getPod()),
                        AddressCodec.instant(slot.getAssignedNs()),
                        AddressCodec.instant(slot.getCoolingUntilNs())))
            .toList());
  }

  private static BranchEni encode(NodeDescription.Branch branch) {
    return BranchEni.newBuilder()
        .setPod(AddressCodec.pod(branch.pod()))
        .setAddress(ModelCodec.encode(branch.address()))
        .setVlan(branch.vlan())
        .setEniId(branch.eniId())
        .setMode(branch.mode())
        .build();
  }

  private static NodeDescription.Branch decode(BranchEni branch) {
    return new NodeDescription.Branch(
        AddressCodec.pod(branch.getPod()),
        ModelCodec.decode(branch.getAddress()),
        branch.getVlan(),
        branch.getEniId(),
        branch.getMode());
  }

  private static PoolTrouble encode(NodeDescription.Trouble trouble) {
    return PoolTrouble.newBuilder()
        .setTimeNs(AddressCodec.nanos(trouble.at()))
        .setReason(trouble.reason())
        .setPod(AddressCodec.pod(trouble.pod()))
        .setSentence(trouble.sentence())
        .addAllEvidence(trouble.evidence().stream().map(ModelCodec::encode).toList())
        .build();
  }

  private static NodeDescription.Trouble decode(PoolTrouble trouble) {
    return new NodeDescription.Trouble(
        Instant.EPOCH.plusNanos(trouble.getTimeNs()),
        trouble.getReason(),
        AddressCodec.pod(trouble.getPod()),
        trouble.getSentence(),
        trouble.getEvidenceList().stream().map(ModelCodec::decode).toList());
  }
}
