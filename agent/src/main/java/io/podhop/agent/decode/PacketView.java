package io.podhop.agent.decode;

import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.util.Optional;

/**
 * The headers of one packet, filled by {@link Decoder} and reused for the next: valid only until
 * the next call, and only as far as the {@link DecodeStatus} says. Unsigned wire fields are given
 * as wider non-negative types; a field that the packet does not have is -1 unless told otherwise.
 */
public final class PacketView {
  public static final int FIN = 0x01;
  public static final int SYN = 0x02;
  public static final int RST = 0x04;
  public static final int PSH = 0x08;
  public static final int ACK = 0x10;

  final IpHeader ip = new IpHeader();
  final TransportHeader transport = new TransportHeader();
  final IcmpQuote quote = new IcmpQuote();
  final DnsHeader dns = new DnsHeader();
  int vlanId;
  byte[] buffer = new byte[0];

  void reset(byte[] frame) {
    buffer = frame;
    vlanId = -1;
    ip.reset();
    transport.reset();
    quote.reset();
    dns.reset();
  }

  /** The innermost 802.1Q VLAN id. */
  public int vlanId() {
    return vlanId;
  }

  /** 4 or 6. */
  public int ipVersion() {
    return ip.version;
  }

  public long sourceHigh() {
    return ip.sourceHigh;
  }

  public long sourceLow() {
    return ip.sourceLow;
  }

  public long destinationHigh() {
    return ip.destinationHigh;
  }

  public long destinationLow() {
    return ip.destinationLow;
  }

  /** TTL, or hop limit. */
  public int ttl() {
    return ip.ttl;
  }

  /** The IPv4 identification, or that of an IPv6 fragment header. */
  public long ipId() {
    return ip.id;
  }

  public boolean dontFragment() {
    return ip.dontFragment;
  }

  public boolean moreFragments() {
    return ip.moreFragments;
  }

  /** Bytes of the original payload before this fragment; 0 for the first or only one. */
  public int fragmentOffsetBytes() {
    return ip.fragmentOffset;
  }

  /** Bytes of the whole IP packet; of a GRO or TSO giant that has no length, from the frame's. */
  public int ipLength() {
    return ip.length;
  }

  /** The IANA number of the transport protocol, after IPv6 extension headers. */
  public int protocolNumber() {
    return ip.protocol;
  }

  /** Whether the transport header is here: false for later fragments. */
  public boolean hasTransport() {
    return transport.present;
  }

  /** The port; for ICMP echo the identifier, for other ICMP 0. */
  public int sourcePort() {
    return transport.sourcePort;
  }

  /** The port; for ICMP echo the identifier, for other ICMP 0. */
  public int destinationPort() {
    return transport.destinationPort;
  }

  /** Bytes above the TCP, UDP or ICMP header, by the IP length. */
  public int payloadLength() {
    return transport.payloadLength;
  }

  public long tcpSequence() {
    return transport.sequence;
  }

  public long tcpAcknowledgment() {
    return transport.acknowledgment;
  }

  /** The low nine flag bits of RFC 9293 and RFC 3540; 0 when not TCP. */
  public int tcpFlags() {
    return transport.flags;
  }

  public boolean hasFlag(int flag) {
    return (transport.flags & flag) != 0;
  }

  public int tcpHeaderLength() {
    return transport.headerLength;
  }

  /** The window as sent, not scaled. */
  public int tcpWindow() {
    return transport.window;
  }

  /** Maximum segment size option (RFC 9293). */
  public int tcpMss() {
    return transport.mss;
  }

  /** Window scale option, a shift count (RFC 7323). */
  public int tcpWindowScale() {
    return transport.windowScale;
  }

  public boolean tcpSackPermitted() {
    return transport.sackPermitted;
  }

  /** Timestamp option's value (RFC 7323). */
  public long tcpTimestampValue() {
    return transport.timestampValue;
  }

  /** Timestamp option's echo (RFC 7323). */
  public long tcpTimestampEcho() {
    return transport.timestampEcho;
  }

  public int icmpType() {
    return transport.icmpType;
  }

  public int icmpCode() {
    return transport.icmpCode;
  }

  /** Whether this is an ICMP or ICMPv6 echo request. */
  public boolean isEchoRequest() {
    return transport.icmpType == (ip.protocol == Protocol.ICMP.number() ? 8 : 128);
  }

  /** Whether this is an ICMP or ICMPv6 echo reply. */
  public boolean isEchoReply() {
    return transport.icmpType == (ip.protocol == Protocol.ICMP.number() ? 0 : 129);
  }

  public int echoIdentifier() {
    return transport.echoIdentifier;
  }

  public int echoSequence() {
    return transport.echoSequence;
  }

  /** The next hop's MTU that a "fragmentation needed" or "packet too big" tells. */
  public long icmpMtu() {
    return transport.icmpMtu;
  }

  /** Whether this is an ICMP error whose quoted packet could be read. */
  public boolean hasQuote() {
    return quote.present;
  }

  /** The packet quoted by an ICMP error; see {@link #hasQuote()}. */
  public IcmpQuote quote() {
    return quote;
  }

  /** Whether the UDP payload is a DNS message (RFC 1035), by port 53. */
  public boolean hasDns() {
    return dns.id >= 0;
  }

  public int dnsId() {
    return dns.id;
  }

  public boolean dnsResponse() {
    return dns.response;
  }

  public int dnsRcode() {
    return dns.rcode;
  }

  /** QTYPE of the first question; -1 when the message has none that is readable. */
  public int dnsQuestionType() {
    return dns.questionType;
  }

  /** FNV-1a of the first question's name in lower case and its type; 0 without a question. */
  public int dnsQuestionHash() {
    return dns.questionHash;
  }

  /** The first question's name without the final dot. Allocates: call once per exchange. */
  public String questionName() {
    return dns.name(buffer);
  }

  /** The five-tuple in the packet's own direction. Allocates; empty without transport. */
  public Optional<FlowKey> flowKey() {
    if (!transport.present) {
      return Optional.empty();
    }
    return Protocol.ofNumber(ip.protocol)
        .map(
            protocol ->
                new FlowKey(
                    protocol,
                    new IpAddress(ip.sourceHigh, ip.sourceLow),
                    transport.sourcePort,
                    new IpAddress(ip.destinationHigh, ip.destinationLow),
                    transport.destinationPort));
  }
}
