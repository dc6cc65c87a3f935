package io.podhop.model;

import java.util.List;
import java.util.Locale;

/**
 * What became of a connection, where, why, and how well that is proven.
 *
 * @param degraded reasons why a delivered connection was not healthy; empty when it was
 * @param place between which two points it ended; {@link Place#NONE} when delivered
 * @param cause one sentence
 * @param evidence lines a person can check
 * @param gradeReason why it is proven or is not
 * @param advice what to do, in one sentence; empty when there is nothing to do or it is not known
 */
public record Verdict(
    Id id,
    List<String> degraded,
    Place place,
    Direction direction,
    String cause,
    List<String> evidence,
    Grade grade,
    String gradeReason,
    String advice) {
  public Verdict {
    degraded = List.copyOf(degraded);
    evidence = List.copyOf(evidence);
  }

  /** The same with advice. */
  public Verdict advising(String sentence) {
    return new Verdict(
        id, degraded, place, direction, cause, evidence, grade, gradeReason, sentence);
  }

  /** Stable ids: used by tests, exit codes and dashboards. In rising order of surprise. */
  public enum Id {
    /** Answered. */
    DELIVERED,
    /** RST or ICMP unreachable from the peer, a node or the path. */
    REFUSED,
    /** Reached the destination pod, nothing came back. */
    NO_ANSWER,
    /** NXDOMAIN, SERVFAIL or another error code, or no answer, to a DNS question. */
    DNS_FAILED,
    /** Last seen in a pod, never seen on its host veth. */
    LOST_IN_POD,
    /** Last seen on a node, never seen leaving it, or never delivered to the pod. */
    LOST_ON_NODE,
    /** Left one node's ENI, never came to the other's. */
    LOST_IN_VPC,
    /**
     * Left by another ENI than its source address belongs to: EC2's source/destination check drops
     * it.
     */
    WRONG_ENI,
    /** The same packet came again and again with falling TTL. */
    ROUTING_LOOP,
    /** Reverse-path filtering dropped it: no way back by the interface it came in by. */
    RP_FILTER,
    /** A rule of a packet filter, or a network policy. */
    FIREWALL_DROP,
    /** No port is left for SNAT to this destination. */
    SNAT_EXHAUSTED,
    /** The conntrack table took no new connection. */
    CONNTRACK_FULL,
    /** The address had another owner then, or a table still has the owner before. */
    RECYCLED_ADDRESS,
    /** Small packets pass, full-size ones vanish. */
    MTU_BLACKHOLE,
    /** The pod never got an address. */
    NO_ADDRESS,
    /** Nothing was seen, and the coverage proves nothing. */
    NOT_OBSERVED;

    /** Whether a connection with this verdict got through, for those who need to know no more. */
    public Standing standing() {
      return switch (this) {
        case DELIVERED -> Standing.DELIVERED;
        case NOT_OBSERVED -> Standing.OPEN;
        case REFUSED,
            NO_ANSWER,
            DNS_FAILED,
            LOST_IN_POD,
            LOST_ON_NODE,
            LOST_IN_VPC,
            WRONG_ENI,
            ROUTING_LOOP,
            RP_FILTER,
            FIREWALL_DROP,
            SNAT_EXHAUSTED,
            CONNTRACK_FULL,
            RECYCLED_ADDRESS,
            MTU_BLACKHOLE,
            NO_ADDRESS ->
            Standing.FAILED;
      };
    }

    /** The id as written everywhere: {@code lost-in-vpc}. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** What all ids say in three words. */
  public enum Standing {
    DELIVERED,
    FAILED,
    /** Nothing is known of it. */
    OPEN
  }

  /** How far a verdict can be trusted. */
  public enum Grade {
    /** Coverage at the silent point was complete. */
    PROVEN,
    UNPROVEN;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Where the packet was seen last, and where it should have come next; labels for people.
   *
   * @param after empty when it was never seen
   * @param before empty when nobody watches beyond
   */
  public record Place(String after, String before) {
    public static final Place NONE = new Place("", "");
  }
}
