package io.podhop.agent.ipam;

import io.podhop.model.Citation;
import java.util.List;

/** Why a pod got no address. Each names the log lines it rests on. */
public sealed interface Exhaustion {
  /** The lines that say so; empty for {@link Unknown} when there is none. */
  List<Citation> evidence();

  /** The reason in a word, for programs: {@code subnet}. */
  default String reason() {
    return switch (this) {
      case InstanceLimit _ -> "instance-limit";
      case SubnetEmpty _ -> "subnet";
      case PrefixFragmentation _ -> "fragmentation";
      case Throttling _ -> "throttling";
      case Unauthorized _ -> "iam";
      case TrunkTrouble _ -> "trunk";
      case CooldownChurn _ -> "cooldown";
      case IpamdDown _ -> "ipamd-down";
      case VersionSkew _ -> "version-skew";
      case Unknown _ -> "unknown";
    };
  }

  /** The reason in a clause, for people. */
  default String sentence() {
    return switch (this) {
      case InstanceLimit _ -> "the instance has all ENIs and addresses that its type may have";
      case SubnetEmpty _ -> "the subnet has no free addresses";
      case PrefixFragmentation _ -> "the subnet has no contiguous block that is free for a prefix";
      case Throttling _ -> "EC2 refuses ipamd's calls because there are too many";
      case Unauthorized _ -> "the node's role may not do what ipamd needs in EC2";
      case TrunkTrouble _ -> "no branch ENI could be had for the pod's security groups";
      case CooldownChurn churn ->
          churn.cooling() + " released addresses still cool down: pods come and go too fast";
      case IpamdDown _ -> "the plugin could not reach ipamd";
      case VersionSkew _ -> "the plugin and ipamd are of different releases";
      case Unknown _ -> "ipamd's logs do not say why";
    };
  }

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
