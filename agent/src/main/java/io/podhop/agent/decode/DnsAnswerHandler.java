package io.podhop.agent.decode;

/** Takes the addresses that a DNS response gives; see {@link PacketView#forEachAnswer}. */
@FunctionalInterface
public interface DnsAnswerHandler {
  /**
   * @param addressHigh upper half of the address, IPv4 in its IPv6-mapped form
   * @param ttlSeconds how long the answer may be kept; a value above 2^31-1 is 0 (RFC 2181, 8)
   */
  void answer(long addressHigh, long addressLow, long ttlSeconds);
}
