package io.podhop.wire;

import io.podhop.model.Cidr;
import io.podhop.model.Direction;
import io.podhop.model.DnsExchange;
import io.podhop.model.Flow;
import io.podhop.model.FlowFilter;
import io.podhop.model.PairTotals;
import io.podhop.model.Rtt;
import io.podhop.model.TcpHalf;
import io.podhop.model.TcpQuality;
import io.podhop.model.Traffic;
import io.podhop.model.Verdict;
import java.util.Optional;
import java.util.stream.Collectors;

/** Flows, their filters and totals. Decoding throws IllegalArgumentException on unknown words. */
public final class FlowCodec {
  private FlowCodec() {}

  public static io.podhop.v1.Flow encode(Flow flow) {
    io.podhop.v1.Flow.Builder message =
        io.podhop.v1.Flow.newBuilder()
            .setTraceId(flow.traceId())
            .setPoint(ModelCodec.encode(flow.point()))
            .setKey(ModelCodec.encode(flow.key()))
            .setSource(TraceCodec.encode(flow.source()))
            .setDestination(TraceCodec.encode(flow.destination()))
            .setEnd(flow.end().toString())
            .setStartNs(flow.startNs())
            .setEndNs(flow.endNs())
            .setRequest(encode(flow.request()))
            .setReply(encode(flow.reply()))
            .setTunnel(flow.tunnel())
            .setVerdict(flow.outcome().verdict().toString())
            .addAllDegraded(flow.outcome().degraded())
            .setCause(flow.outcome().cause())
            .setMode(flow.sight().mode())
            .setDropped(flow.sight().dropped());
    flow.tcp().ifPresent(tcp -> message.setTcp(encode(tcp)));
    flow.dns().ifPresent(dns -> message.setDns(encode(dns)));
    return message.build();
  }

  public static Flow decode(io.podhop.v1.Flow flow) {
    return new Flow(
        flow.getTraceId(),
        ModelCodec.decode(flow.getPoint()),
        ModelCodec.decode(flow.getKey()),
        TraceCodec.decode(flow.getSource()),
        TraceCodec.decode(flow.getDestination()),
        TraceCodec.spelled(Flow.End.values(), flow.getEnd()),
        flow.getStartNs(),
        flow.getEndNs(),
        decode(flow.getRequest()),
        decode(flow.getReply()),
        flow.hasTcp() ? Optional.of(decode(flow.getTcp())) : Optional.empty(),
        flow.hasDns() ? Optional.of(decode(flow.getDns())) : Optional.empty(),
        flow.getTunnel(),
        new Flow.Outcome(verdict(flow.getVerdict()), flow.getDegradedList(), flow.getCause()),
        new Flow.Sight(flow.getMode(), flow.getDropped()));
  }

  private static Verdict.Id verdict(String text) {
    return TraceCodec.spelled(Verdict.Id.values(), text);
  }

  private static io.podhop.v1.Traffic encode(Traffic traffic) {
    return io.podhop.v1.Traffic.newBuilder()
        .setPackets(traffic.packets())
        .setBytes(traffic.bytes())
        .setPayloadBytes(traffic.payloadBytes())
        .build();
  }

  private static Traffic decode(io.podhop.v1.Traffic traffic) {
    return new Traffic(traffic.getPackets(), traffic.getBytes(), traffic.getPayloadBytes());
  }

  private static io.podhop.v1.TcpQuality encode(TcpQuality tcp) {
    io.podhop.v1.TcpQuality.Builder message =
        io.podhop.v1.TcpQuality.newBuilder()
            .setClientIsn(tcp.clientIsn())
            .setSynSeen(tcp.synSeen())
            .setHandshakeNs(tcp.handshakeNs())
            .setHandshakeAckNs(tcp.handshakeAckNs())
            .setFirstByteNs(tcp.firstByteNs())
            .setClient(encode(tcp.client()))
            .setServer(encode(tcp.server()));
    tcp.closedBy().ifPresent(by -> message.setClosedBy(ModelCodec.encode(by)));
    tcp.resetBy().ifPresent(by -> message.setResetBy(ModelCodec.encode(by)));
    return message.build();
  }

  private static TcpQuality decode(io.podhop.v1.TcpQuality tcp) {
    return new TcpQuality(
        tcp.getClientIsn(),
        tcp.getSynSeen(),
        tcp.getHandshakeNs(),
        tcp.getHandshakeAckNs(),
        tcp.getFirstByteNs(),
        decode(tcp.getClient()),
        decode(tcp.getServer()),
        by(tcp.getClosedBy()),
        by(tcp.getResetBy()));
  }

  private static Optional<Direction> by(io.podhop.v1.Direction direction) {
    return direction == io.podhop.v1.Direction.DIRECTION_UNSPECIFIED
        ? Optional.empty()
        : Optional.of(ModelCodec.decode(direction));
  }

  private static io.podhop.v1.TcpHalf encode(TcpHalf half) {
    return io.podhop.v1.TcpHalf.newBuilder()
        .setMss(half.mss())
        .setWindowScale(half.windowScale())
        .setMaxWindowBytes(half.maxWindowBytes())
        .setRetransmits(half.retransmits())
        .setTimeouts(half.timeouts())
        .setDuplicateAcks(half.duplicateAcks())
        .setOutOfOrder(half.outOfOrder())
        .setZeroWindows(half.zeroWindows())
        .setUnseenBytes(half.unseenBytes())
        .setRtt(
            io.podhop.v1.Rtt.newBuilder()
                .setCount(half.rtt().count())
                .setMinNs(half.rtt().minNs())
                .setMeanNs(half.rtt().meanNs())
                .setMaxNs(half.rtt().maxNs()))
        .build();
  }

  private static TcpHalf decode(io.podhop.v1.TcpHalf half) {
    io.podhop.v1.Rtt rtt = half.getRtt();
    return new TcpHalf(
        half.getMss(),
        half.getWindowScale(),
        half.getMaxWindowBytes(),
        half.getRetransmits(),
        half.getTimeouts(),
        half.getDuplicateAcks(),
        half.getOutOfOrder(),
        half.getZeroWindows(),
        half.getUnseenBytes(),
        new Rtt(rtt.getCount(), rtt.getMinNs(), rtt.getMeanNs(), rtt.getMaxNs()));
  }

  private static io.podhop.v1.DnsExchange encode(DnsExchange dns) {
    return io.podhop.v1.DnsExchange.newBuilder()
        .setId(dns.id())
        .setName(dns.name())
        .setType(dns.type())
        .setHash(dns.hash())
        .setRcode(dns.rcode())
        .setLatencyNs(dns.latencyNs())
        .setQueries(dns.queries())
        .build();
  }

  private static DnsExchange decode(io.podhop.v1.DnsExchange dns) {
    return new DnsExchange(
        dns.getId(),
        dns.getName(),
        dns.getType(),
        dns.getHash(),
        dns.getRcode(),
        dns.getLatencyNs(),
        dns.getQueries());
  }

  public static io.podhop.v1.FlowFilter encode(FlowFilter filter) {
    return io.podhop.v1.FlowFilter.newBuilder()
        .setFrom(filter.from())
        .setTo(filter.to())
        .setPort(filter.port())
        .setProtocol(filter.protocol().map(protocol -> protocol.number()).orElse(0))
        .addAllVerdicts(filter.verdicts().stream().map(Verdict.Id::toString).sorted().toList())
        .setIp(filter.ip().map(Cidr::toString).orElse(""))
        .setMinRttNs(filter.minRttNs())
        .setMinRetransmits(filter.minRetransmits())
        .build();
  }

  public static FlowFilter decode(io.podhop.v1.FlowFilter filter) {
    return new FlowFilter(
        filter.getFrom(),
        filter.getTo(),
        filter.getPort(),
        filter.getProtocol() == 0
            ? Optional.empty()
            : Optional.of(ModelCodec.protocol(filter.getProtocol())),
        filter.getVerdictsList().stream().map(FlowCodec::verdict).collect(Collectors.toSet()),
        filter.getIp().isEmpty() ? Optional.empty() : Optional.of(Cidr.parse(filter.getIp())),
        filter.getMinRttNs(),
        filter.getMinRetransmits());
  }

  public static io.podhop.v1.PairTotals encode(PairTotals pair) {
    return io.podhop.v1.PairTotals.newBuilder()
        .setSource(pair.source())
        .setDestination(pair.destination())
        .setPort(pair.port())
        .setProtocol(pair.protocol().number())
        .setRequestBytes(pair.requestBytes())
        .setReplyBytes(pair.replyBytes())
        .setRequestPackets(pair.requestPackets())
        .setReplyPackets(pair.replyPackets())
        .setConnections(pair.connections())
        .setFailed(pair.failed())
        .setRetransmits(pair.retransmits())
        .setResets(pair.resets())
        .setHandshakes(pair.handshakes())
        .setHandshakeNs(pair.handshakeNs())
        .build();
  }

  public static PairTotals decode(io.podhop.v1.PairTotals pair) {
    return new PairTotals(
        pair.getSource(),
        pair.getDestination(),
        pair.getPort(),
        ModelCodec.protocol(pair.getProtocol()),
        pair.getRequestBytes(),
        pair.getReplyBytes(),
        pair.getRequestPackets(),
        pair.getReplyPackets(),
        pair.getConnections(),
        pair.getFailed(),
        pair.getRetransmits(),
        pair.getResets(),
        pair.getHandshakes(),
        pair.getHandshakeNs());
  }
}
