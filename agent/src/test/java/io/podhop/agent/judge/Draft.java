package io.podhop.agent.judge;

import io.podhop.agent.flow.FlowRecord;
import io.podhop.agent.flow.IcmpErrorSeen;
import io.podhop.agent.flow.KindSeen;
import io.podhop.agent.flow.TtlRange;
import io.podhop.model.Direction;
import io.podhop.model.DnsExchange;
import io.podhop.model.Flow;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.PacketKind;
import io.podhop.model.Protocol;
import io.podhop.model.Rtt;
import io.podhop.model.TcpHalf;
import io.podhop.model.TcpQuality;
import io.podhop.model.Traffic;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A flow in the making, from 192.168.1.21 to 192.168.33.7. */
public final class Draft {
  private static final long START = 1_000_000_000_000L;
  private final FlowKey key;
  private final List<KindSeen> kinds = new ArrayList<>();
  private Flow.End end = Flow.End.IDLE;
  private long lastNs = START;
  private Traffic request = new Traffic(1, 60, 0);
  private Traffic reply = Traffic.NONE;
  private boolean tracked;
  private boolean synSeen;
  private long handshakeNs = -1;
  private TcpHalf client = TcpHalf.UNKNOWN;
  private TcpHalf server = TcpHalf.UNKNOWN;
  private Optional<Direction> resetBy = Optional.empty();
  private Optional<DnsExchange> dns = Optional.empty();
  private Optional<IcmpErrorSeen> icmpError = Optional.empty();

  private Draft(FlowKey key) {
    this.key = key;
  }

  public static Draft of(Protocol protocol, String source, String destination, int port) {
    return new Draft(
        new FlowKey(protocol, IpAddress.parse(source), 40000, IpAddress.parse(destination), port));
  }

  public static Draft tcp() {
    return of(Protocol.TCP, "192.168.1.21", "192.168.33.7", 5432);
  }

  public static Draft udp() {
    return of(Protocol.UDP, "192.168.1.21", "192.168.33.7", 53);
  }

  /** Known to conntrack alone. */
  public Draft tracked() {
    tracked = true;
    return this;
  }

  public Draft syn(int copies) {
    synSeen = true;
    return see(Direction.REQUEST, PacketKind.SYN, copies);
  }

  /** SYN, SYN-ACK, ACK. */
  public Draft handshake() {
    handshakeNs = 300_000;
    return syn(1)
        .see(Direction.REPLY, PacketKind.SYN_ACK, 1)
        .see(Direction.REQUEST, PacketKind.ACK, 1)
        .packets(2, 1);
  }

  public Draft see(Direction direction, PacketKind kind, int copies) {
    FlowKey tuple = direction == Direction.REQUEST ? key : key.reversed();
    kinds.add(new KindSeen(direction, kind, tuple, START + kinds.size(), copies));
    return this;
  }

  public Draft packets(long requests, long replies) {
    request = new Traffic(requests, requests * 60, 0);
    reply = new Traffic(replies, replies * 60, 0);
    return this;
  }

  public Draft seconds(double seconds) {
    lastNs = START + (long) (seconds * 1e9);
    return this;
  }

  public Draft handshakeNs(long ns) {
    handshakeNs = ns;
    return this;
  }

  /** What the client sent: fast retransmits, timeouts, out of order, zero windows. */
  public Draft client(long retransmits, long timeouts, long outOfOrder, long zeroWindows) {
    client =
        new TcpHalf(1460, 7, 65535, retransmits, timeouts, 0, outOfOrder, zeroWindows, 0, Rtt.NONE);
    return this;
  }

  public Draft reset(Direction by) {
    resetBy = Optional.of(by);
    end = Flow.End.RESET;
    return see(by, PacketKind.RST, 1);
  }

  public Draft end(Flow.End how) {
    end = how;
    return this;
  }

  public Draft dns(int rcode, long latencyNs, int queries) {
    dns = Optional.of(new DnsExchange(7, "api.example.com", 1, 99, rcode, latencyNs, queries));
    see(Direction.REQUEST, PacketKind.DATAGRAM, queries);
    if (rcode >= 0) {
      see(Direction.REPLY, PacketKind.DATAGRAM, 1);
    }
    return packets(queries, rcode >= 0 ? 1 : 0);
  }

  public Draft icmp(String sender, int type, int code, long mtu) {
    icmpError = Optional.of(new IcmpErrorSeen(IpAddress.parse(sender), type, code, mtu));
    return this;
  }

  public FlowRecord flow() {
    Optional<TcpQuality> tcp =
        key.protocol() == Protocol.TCP
            ? Optional.of(
                new TcpQuality(
                    77, synSeen, handshakeNs, -1, -1, client, server, Optional.empty(), resetBy))
            : Optional.empty();
    return new FlowRecord(
        0,
        key,
        -1,
        START,
        lastNs,
        end,
        request,
        reply,
        tracked ? TtlRange.NONE : new TtlRange(64, 64),
        TtlRange.NONE,
        tcp,
        dns,
        icmpError,
        "",
        0,
        kinds);
  }
}
