package io.podhop.agent.flow;

/**
 * A DNS exchange's identity and outcome (RFC 1035).
 *
 * @param hash of name and type, equal on every node
 * @param rcode the answer's RCODE; -1 when no answer was seen here
 */
public record DnsQuestion(int id, String name, int type, int hash, int rcode) {}
