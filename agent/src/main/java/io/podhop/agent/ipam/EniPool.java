package io.podhop.agent.ipam;

import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import io.podhop.model.PodRef;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One ENI as ipamd's data store has it, whichever release answered.
 *
 * @param excluded ipamd gives none of its addresses to pods (1.22 and later)
 * @param deviceNumber EC2 device index
 * @param networkCard 0 unless the instance type has several
 * @param routeTable as ipamd says (1.20 and later), 254 for main; empty before
 * @param subnetId empty before 1.22
 * @param blocks its secondary addresses and prefixes; the ENI's own address is not among them
 */
public record EniPool(
    String id,
    boolean primary,
    boolean trunk,
    boolean efa,
    boolean excluded,
    int deviceNumber,
    int networkCard,
    OptionalInt routeTable,
    String subnetId,
    List<Block> blocks) {
  public EniPool {
    blocks = List.copyOf(blocks);
  }

  /**
   * A secondary address, or a prefix that addresses are taken from.
   *
   * @param prefix delegated as a prefix (/28, IPv6 /80), not as single addresses
   * @param addresses those that were ever used; of a prefix not all are listed
   */
  public record Block(Cidr cidr, boolean prefix, List<Slot> addresses) {
    public Block {
      addresses = List.copyOf(addresses);
    }

    /** How many addresses it has; {@link Long#MAX_VALUE} when that is more than a long counts. */
    public long size() {
      int host = cidr.address().bits() - cidr.prefixLength();
      return host >= Long.SIZE - 1 ? Long.MAX_VALUE : 1L << host;
    }
  }

  /**
   * One address of a block.
   *
   * @param pod who has it; empty when nobody does, or the release does not say (before 1.11)
   * @param containerId empty when free and since 1.23
   * @param assigned held by a pod at the time of the answer
   * @param assignedAt when it was last given out; empty when never or before 1.11
   * @param unassignedAt when it was last taken back; empty when it is held or never was
   */
  public record Slot(
      IpAddress address,
      Optional<PodRef> pod,
      String containerId,
      String interfaceName,
      boolean assigned,
      Optional<Instant> assignedAt,
      Optional<Instant> unassignedAt) {}

  /** The block that has the address. */
  public Optional<Block> blockOf(IpAddress address) {
    return blocks.stream().filter(block -> block.cidr().contains(address)).findFirst();
  }
}
