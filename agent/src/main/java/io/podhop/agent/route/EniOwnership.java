package io.podhop.agent.route;

import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import java.util.List;
import java.util.Optional;

/**
 * EC2's source/destination check of the CNI's ENIs: a packet must leave by an ENI that owns its
 * source address, as primary or secondary address, from a prefix, or as the address of a branch.
 */
public record EniOwnership(List<Eni> enis) {
  public EniOwnership {
    enis = List.copyOf(enis);
  }

  /**
   * What is known of an ENI.
   *
   * @param interfaceName as Linux calls it; {@code vlan.eth.N} for a branch ENI
   * @param id {@code eni-…}; empty when not known
   * @param ranges addresses as /32 or /128, and prefixes (/28, /80)
   * @param complete whether these are all; without it only an address that is listed is certain
   */
  public record Eni(String interfaceName, String id, List<Cidr> ranges, boolean complete) {
    public Eni {
      ranges = List.copyOf(ranges);
    }

    boolean owns(IpAddress address) {
      return ranges.stream().anyMatch(range -> range.contains(address));
    }
  }

  /** What EC2 does with a packet. */
  public sealed interface Result {
    /** The ENI owns the address. */
    record Owned(Eni eni, Cidr range) implements Result {}

    /**
     * EC2 drops the packet without a trace.
     *
     * @param owner the ENI that owns the address; empty when none of the node's does
     */
    record Foreign(Eni eni, Optional<Eni> owner) implements Result {}

    /** The interface is no known ENI, or not all of its addresses are known. */
    record CannotTell(String because) implements Result {}
  }

  /**
   * Of a packet with this source, after any translation, that leaves by the interface; with the
   * destination and the interface it comes in by the check is the same.
   */
  public Result check(String interfaceName, IpAddress address) {
    Optional<Eni> found =
        enis.stream().filter(eni -> eni.interfaceName().equals(interfaceName)).findFirst();
    if (found.isEmpty()) {
      return new Result.CannotTell(interfaceName + " is not known to be an ENI");
    }
    Eni eni = found.get();
    Optional<Cidr> range = eni.ranges().stream().filter(one -> one.contains(address)).findFirst();
    if (range.isPresent()) {
      return new Result.Owned(eni, range.get());
    }
    Optional<Eni> owner = owner(address);
    // An address belongs to one ENI only, so another's is foreign even to a list with gaps.
    return eni.complete() || owner.isPresent()
        ? new Result.Foreign(eni, owner)
        : new Result.CannotTell("not all addresses of " + interfaceName + " are known");
  }

  /** The ENI that is known to own an address. */
  public Optional<Eni> owner(IpAddress address) {
    return enis.stream().filter(eni -> eni.owns(address)).findFirst();
  }
}
