package io.podhop.agent.ipam;

import io.podhop.model.Citation;
import java.util.List;

/** Why a pod got no address. Each names the log lines it rests on. */
public sealed interface Exhaustion {
  /** The lines that say so; empty for {@link Unknown} when there is none. */
  List<Citation> evidence();

  /** The instance has as many ENIs and addresses as its type may have. */
  record InstanceLimit(List<Citation> evidence) implements Exhaustion {}

  /** The subnet has no free addresses (EC2: InsufficientFreeAddressesInSubnet). */
  record SubnetEmpty(List<Citation> evidence) implements Exhaustion {}

  /**
   * The subnet may have free addresses, but no contiguous block for a prefix (EC2:
   * InsufficientCidrBlocks).
   */
  record PrefixFragmentation(List<Citation> evidence) implements Exhaustion {}

  /** EC2 refuses calls because there are too many (RequestLimitExceeded, Throttling). */
  record Throttling(List<Citation> evidence) implements Exhaustion {}

  /** The node's role may not do what ipamd needs (UnauthorizedOperation). */
  record Unauthorized(List<Citation> evidence) implements Exhaustion {}

  /** A branch ENI is missing or the trunk ENI is: security groups for pods. */
  record TrunkTrouble(List<Citation> evidence) implements Exhaustion {}

  /**
   * Released addresses may not be given out yet: pods come and go faster than the pool allows.
   *
   * @param cooling addresses in cooldown at the last count before
   */
  record CooldownChurn(int cooling, List<Citation> evidence) implements Exhaustion {}

  /** The plugin could not reach ipamd. */
  record IpamdDown(List<Citation> evidence) implements Exhaustion {}

  /** Plugin and ipamd are of different releases. */
  record VersionSkew(List<Citation> evidence) implements Exhaustion {}

  /** The logs do not say. */
  record Unknown(List<Citation> evidence) implements Exhaustion {}
}
