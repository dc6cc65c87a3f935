package io.podhop.model;

/**
 * All that passed a point in one direction of a connection.
 *
 * @param bytes of the IP packets, headers included, retransmissions included
 * @param payloadBytes above the transport header, retransmissions included
 */
public record Traffic(long packets, long bytes, long payloadBytes) {
  public static final Traffic NONE = new Traffic(0, 0, 0);
}
