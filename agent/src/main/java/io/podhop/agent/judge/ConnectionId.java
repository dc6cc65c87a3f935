package io.podhop.agent.judge;

import io.podhop.agent.flow.FlowRecord;
import io.podhop.model.FlowKey;
import io.podhop.model.Protocol;

/** What records of one connection at several points of a node have in common. */
public sealed interface ConnectionId {
  /** The client's initial sequence number. */
  record Isn(long isn) implements ConnectionId {}

  /** A DNS question, without its ports: SNAT with {@code --random-fully} changes them. */
  record Dns(Protocol protocol, int id, int hash) implements ConnectionId {}

  /** The destination connection id of the client's first QUIC Initial, hashed. */
  record Quic(long connectionId) implements ConnectionId {}

  /** Nothing but the tuple: the same only where nothing is rewritten. */
  record Tuple(FlowKey key, int sequence) implements ConnectionId {}

  /**
   * What tells this connection from others wherever its packets pass, whatever NAT makes of their
   * addresses; where nothing does, its tuple here.
   */
  static ConnectionId of(FlowRecord record) {
    FlowKey key = record.key();
    if (record.clientIsn() >= 0) {
      return new Isn(record.clientIsn());
    }
    if (record.quicConnectionId() != 0) {
      return new Quic(record.quicConnectionId());
    }
    return record
        .dns()
        .<ConnectionId>map(dns -> new Dns(key.protocol(), dns.id(), dns.hash()))
        .orElse(new Tuple(key, record.echoSequence()));
  }
}
