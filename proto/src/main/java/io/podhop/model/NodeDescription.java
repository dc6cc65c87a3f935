package io.podhop.model;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a node has for its pods, and what limits it.
 *
 * @param instanceType {@code m5.large}; empty when not known
 * @param maxPods by the formula that EKS publishes; kubelet may be set to fewer
 * @param maxEnis on all network cards
 * @param addressesPerEni the ENI's own included
 * @param counts empty when neither ipamd nor its log counted
 * @param limit what stops the next pod, or what is left before, in one sentence
 * @param troubles why pods got no address lately, earliest first
 * @param settings ipamd's, by the names of its environment variables
 * @param warnings what is not known and why, for people
 */
public record NodeDescription(
    NodeInventory inventory,
    String instanceType,
    OptionalInt maxPods,
    OptionalInt maxEnis,
    OptionalInt addressesPerEni,
    List<Eni> enis,
    List<Branch> branches,
    Optional<Counts> counts,
    String limit,
    List<Trouble> troubles,
    Map<String, String> settings,
    List<String> warnings) {
  public NodeDescription {
    enis = List.copyOf(enis);
    branches = List.copyOf(branches);
    troubles = List.copyOf(troubles);
    settings = Map.copyOf(settings);
    warnings = List.copyOf(warnings);
  }

  /**
   * Addresses that pods can have.
   *
   * @param free {@link Integer#MAX_VALUE} when it is that or more, as with IPv6 prefixes
   */
  public record Counts(Instant at, int used, int cooling, int free) {}

  /**
   * An ENI.
   *
   * @param id empty when not known
   * @param interfaceName empty when no interface of the node is known to be it
   * @param excluded ipamd gives none of its addresses to pods
   * @param told ipamd itself told of it: otherwise device and card are not known, and the ranges
   *     are those that its log names
   * @param routeTable 254 for main; 0 when not known
   * @param subnetId empty when not known
   * @param ownAddresses those of the interface itself
   */
  public record Eni(
      String id,
      String interfaceName,
      boolean primary,
      boolean trunk,
      boolean excluded,
      boolean told,
      int deviceNumber,
      int networkCard,
      int routeTable,
      String subnetId,
      List<IpAddress> ownAddresses,
      List<Range> ranges) {
    public Eni {
      ownAddresses = List.copyOf(ownAddresses);
      ranges = List.copyOf(ranges);
    }
  }

  /**
   * A secondary address, or a delegated prefix.
   *
   * @param size {@link Long#MAX_VALUE} when it is that or more
   * @param addresses those in use or cooling
   */
  public record Range(Cidr cidr, boolean prefix, long size, List<Slot> addresses) {
    public Range {
      addresses = List.copyOf(addresses);
    }

    /** How many are held by pods. */
    public long used() {
      return addresses.stream().filter(slot -> slot.coolingUntil().isEmpty()).count();
    }

    /** How many were released too recently to be given out. */
    public long cooling() {
      return addresses.size() - used();
    }

    /** How many are left. */
    public long free() {
      return Math.max(0, size - addresses.size());
    }
  }

  /**
   * An address in use, or cooling.
   *
   * @param pod empty when it is nobody's, or not known whose
   * @param assigned when it was given out; empty when not known
   * @param coolingUntil empty when it is in use
   */
  public record Slot(
      IpAddress address,
      Optional<PodRef> pod,
      Optional<Instant> assigned,
      Optional<Instant> coolingUntil) {}

  /**
   * The branch ENI of a pod with security groups of its own.
   *
   * @param eniId empty when not known
   * @param mode {@code strict} or {@code standard}; empty when not known
   */
  public record Branch(
      Optional<PodRef> pod, IpAddress address, int vlan, String eniId, String mode) {}

  /**
   * Why there was no address.
   *
   * @param reason {@code instance-limit}, {@code subnet}, …
   * @param pod that got no address; empty when none in particular
   * @param sentence for people
   */
  public record Trouble(
      Instant at, String reason, Optional<PodRef> pod, String sentence, List<Citation> evidence) {
    public Trouble {
      evidence = List.copyOf(evidence);
    }
  }
}
