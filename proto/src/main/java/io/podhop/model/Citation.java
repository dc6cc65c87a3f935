package io.podhop.model;

/**
 * One line of evidence that says why a packet goes where it goes, quoted from where it stands.
 *
 * @param place the chain ({@code nat/AWS-SNAT-CHAIN-0}), {@code rule} for a policy rule, {@code
 *     table 2} for a route, or the file a log line stands in
 * @param number position in the chain counted from 1, or the priority of a policy rule; 0 when
 *     neither applies
 * @param text the rule, route, entry or line itself, in its own tool's notation
 */
public record Citation(Source source, String place, int number, String text) {
  /** Who said it. */
  public enum Source {
    IPTABLES,
    NFTABLES,
    POLICY_RULE,
    ROUTE,
    CONNTRACK,
    IPAMD,
    VPC,
    NOTE
  }

  /** For people: {@code AWS-SNAT-CHAIN-0 #1 -d 192.168.0.0/16}, {@code rule 1536 from …}. */
  @Override
  public String toString() {
    return switch (source) {
      case IPTABLES, NFTABLES ->
          place.substring(place.indexOf('/') + 1) + " #" + number + " " + text;
      case POLICY_RULE -> "rule " + number + " " + text;
      case ROUTE, CONNTRACK, IPAMD -> place + ": " + text;
      case VPC, NOTE -> text;
    };
  }
}
