package io.podhop.agent.judge;

import io.podhop.agent.flow.FlowRecord;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;

/** The one place that takes flow records apart; all beyond works on {@link SeenFlow}. */
public final class Records {
  private Records() {}

  /**
   * What a record says of its connection.
   *
   * @param open the connection goes on
   */
  public static SeenFlow read(FlowRecord record, boolean open) {
    return new SeenFlow(
        record.key(),
        open ? Flow.End.OPEN : record.end(),
        record.firstNs(),
        record.lastNs(),
        record.request(),
        record.reply(),
        record.tcp(),
        record.dns(),
        record.icmpError(),
        record.tunnel(),
        record.kinds());
  }

  /** The same record under another number of its point. */
  public static FlowRecord at(FlowRecord record, int pointIndex) {
    return new FlowRecord(
        pointIndex,
        record.key(),
        record.echoSequence(),
        record.firstNs(),
        record.lastNs(),
        record.end(),
        record.request(),
        record.reply(),
        record.requestTtl(),
        record.replyTtl(),
        record.tcp(),
        record.dns(),
        record.icmpError(),
        record.tunnel(),
        record.quicConnectionId(),
        record.kinds());
  }

  /**
   * What tells this connection from others wherever its packets pass, whatever NAT makes of their
   * addresses; where nothing does, its tuple here.
   */
  public static ConnectionId id(FlowRecord record) {
    FlowKey key = record.key();
    if (record.clientIsn() >= 0) {
      return new ConnectionId.Isn(record.clientIsn());
    }
    if (record.quicConnectionId() != 0) {
      return new ConnectionId.Quic(record.quicConnectionId());
    }
    return record
        .dns()
        .<ConnectionId>map(dns -> new ConnectionId.Dns(key.protocol(), dns.id(), dns.hash()))
        .orElse(new ConnectionId.Tuple(key, record.echoSequence()));
  }
}
