package io.podhop.model;

import java.util.List;

/**
 * A DNS question and what became of it (RFC 1035).
 *
 * @param name without the final dot; empty when it could not be read
 * @param type QTYPE; -1 when it could not be read
 * @param hash of name and type, equal on every node
 * @param rcode the answer's RCODE; -1 when no answer was seen
 * @param latencyNs from the first query to the answer; -1 when no answer was seen
 * @param queries how often it was asked: above 1 the client retried
 */
public record DnsExchange(
    int id, String name, int type, int hash, int rcode, long latencyNs, int queries) {
  /** IANA, Domain Name System (DNS) Parameters: DNS RCODEs. */
  private static final List<String> RCODES =
      List.of(
          "NOERROR",
          "FORMERR",
          "SERVFAIL",
          "NXDOMAIN",
          "NOTIMP",
          "REFUSED",
          "YXDOMAIN",
          "YXRRSET",
          "NXRRSET",
          "NOTAUTH",
          "NOTZONE");

  /**
   * The answer's code by name, for example {@code NXDOMAIN}; {@code RCODE12} for one without a
   * name; {@code TIMEOUT} when no answer was seen.
   */
  public String rcodeName() {
    if (rcode < 0) {
      return "TIMEOUT";
    }
    return rcode < RCODES.size() ? RCODES.get(rcode) : "RCODE" + rcode;
  }
}
