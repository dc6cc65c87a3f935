package io.podhop.model;

import java.util.Optional;

/**
 * How a TCP connection went, as seen at one point.
 *
 * @param clientIsn unsigned, from the SYN or from its SYN-ACK's acknowledgment; -1 when unknown
 * @param synSeen whether the SYN itself passed here: false when joined in mid-stream
 * @param handshakeNs from the first SYN to the first SYN-ACK; -1 when one of them was not seen
 * @param handshakeAckNs from the SYN-ACK to the client's acknowledgment; -1 likewise
 * @param firstByteNs from the request's first byte to the response's first byte; -1 likewise
 * @param closedBy who sent the first FIN
 * @param resetBy who sent the first RST
 */
public record TcpQuality(
    long clientIsn,
    boolean synSeen,
    long handshakeNs,
    long handshakeAckNs,
    long firstByteNs,
    TcpHalf client,
    TcpHalf server,
    Optional<Direction> closedBy,
    Optional<Direction> resetBy) {
  /** Segments sent again for whatever reason, by either end. */
  public long retransmits() {
    return client.retransmits() + client.timeouts() + server.retransmits() + server.timeouts();
  }
}
