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
public final class PacketView extends PacketState {
  public static final int FIN = 0x01;
  public static final int SYN = 0x02;
  public static final int RST = 0x04;
  public static final int PSH = 0x08;
  public static final int ACK = 0x10;

  /** What carried the packet that all other accessors speak of, but for those named outer. */
  public Tunnel tunnel() {
    if (!isTunnelled()) {
      return Tunnel.NONE;
    }
    return (extras & IN_VXLAN) != 0 ? Tunnel.VXLAN : Tunnel.IP_IN_IP;
  }

  /** Source of the packet around a tunnelled one; 0 without a tunnel, as the other three. */
  public long outerSourceHigh() {
    return outer.sourceHigh;
  }

  public long outerSourceLow() {
    return outer.sourceLow;
  }

  public long outerDestinationHigh() {
    return outer.destinationHigh;
  }

  public long outerDestinationLow() {
    return outer.destinationLow;
  }

  /** The VXLAN network identifier (RFC 7348). */
  public int vni() {
    return vni;
  }

  /** The innermost 802.1Q VLAN id of the frame; in VXLAN, of the frame that it carries. */
  public int vlanId() {
    return vlanId;
  }

  /** The outermost VLAN id of a frame with two or more tags (802.1ad). */
  public int outerVlanId() {
    return outerVlanId;
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
    return transport.kind != TransportHeader.NONE;
  }

  /** The port; for ICMP echo the identifier, for other ICMP 0. */
  public int sourcePort() {
    return hasTransport() ? transport.sourcePort : 0;
  }

  /** The port; for ICMP echo the identifier, for other ICMP 0. */
  public int destinationPort() {
    return hasTransport() ? transport.destinationPort : 0;
  }

  /** Bytes above the TCP, UDP or ICMP header, by the IP length. */
  public int payloadLength() {
    return hasTransport() ? transport.payloadLength : 0;
  }

  public long tcpSequence() {
    return isTcp() ? transport.sequence : -1;
  }

  public long tcpAcknowledgment() {
    return isTcp() ? transport.acknowledgment : -1;
  }

  /** The low nine flag bits of RFC 9293 and RFC 3540; 0 when not TCP. */
  public int tcpFlags() {
    return isTcp() ? transport.flags : 0;
  }

  public boolean hasFlag(int flag) {
    return (tcpFlags() & flag) != 0;
  }

  /** Bytes of the header with its options; of UDP and ICMP 8, without transport 0. */
  public int tcpHeaderLength() {
    return hasTransport() ? transport.headerLength : 0;
  }

  /** The window as sent, not scaled. */
  public int tcpWindow() {
    return isTcp() ? transport.window : -1;
  }

  /** Maximum segment size option (RFC 9293). */
  public int tcpMss() {
    return isTcp() ? transport.mss : -1;
  }

  /** Window scale option, a shift count (RFC 7323). */
  public int tcpWindowScale() {
    return isTcp() ? transport.windowScale : -1;
  }

  public boolean tcpSackPermitted() {
    return isTcp() && transport.sackPermitted;
  }

  /** Whether the capture cut the options: what is not told of them may have been there. */
  public boolean optionsTruncated() {
    return isTcp() && transport.optionsTruncated;
  }

  /** How many SACK blocks there are (RFC 2018), 0 to 4; the first may be a duplicate (RFC 2883). */
  public int tcpSackBlocks() {
    return isTcp() ? transport.sackBlocks : 0;
  }

  /** The first sequence number of SACK block {@code index}; -1 when there is no such block. */
  public long tcpSackLeft(int index) {
    return sackEdge(index, 0);
  }

  /** The sequence number after SACK block {@code index}; -1 when there is no such block. */
  public long tcpSackRight(int index) {
    return sackEdge(index, 4);
  }

  private long sackEdge(int index, int offset) {
    return index < 0 || index >= tcpSackBlocks()
        ? -1
        : BigEndian.u32(buffer, transport.sackAt + 8 * index + offset);
  }

  /** Timestamp option's value (RFC 7323). */
  public long tcpTimestampValue() {
    return isTcp() ? transport.timestampValue : -1;
  }

  /** Timestamp option's echo (RFC 7323). */
  public long tcpTimestampEcho() {
    return isTcp() ? transport.timestampEcho : -1;
  }

  public int icmpType() {
    return isIcmp() ? transport.icmpType : -1;
  }

  public int icmpCode() {
    return isIcmp() ? transport.icmpCode : -1;
  }

  /** Whether this is an ICMP or ICMPv6 echo request. */
  public boolean isEchoRequest() {
    return icmpType() == (ip.protocol == Protocol.ICMP.number() ? 8 : 128);
  }

  /** Whether this is an ICMP or ICMPv6 echo reply. */
  public boolean isEchoReply() {
    return icmpType() == (ip.protocol == Protocol.ICMP.number() ? 0 : 129);
  }

  public int echoIdentifier() {
    return isIcmp() ? transport.echoIdentifier : -1;
  }

  public int echoSequence() {
    return isIcmp() ? transport.echoSequence : -1;
  }

  /** The next hop's MTU that a "fragmentation needed" or "packet too big" tells. */
  public long icmpMtu() {
    return isIcmp() ? transport.icmpMtu : -1;
  }

  /** Whether this is an ICMP error whose quoted packet could be read. */
  public boolean hasQuote() {
    return quote.present;
  }

  /** The packet quoted by an ICMP error; see {@link #hasQuote()}. */
  public IcmpQuote quote() {
    return quote;
  }

  /**
   * Whether the payload is a DNS message (RFC 1035), by port 53. Over TCP (RFC 7766) the one that
   * the segment begins with, when that looks whole.
   */
  public boolean hasDns() {
    return dns.id >= 0;
  }

  public int dnsId() {
    return dns.id;
  }

  public boolean dnsResponse() {
    return dns.response;
  }

  /** Whether the sender cut the message: TC. */
  public boolean dnsTruncated() {
    return dns.truncated;
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

  /**
   * Gives the addresses in the answer section of a DNS response, aliases' as well, as far as the
   * message was captured. Allocates nothing.
   *
   * @return how many were given; 0 for what is not a response
   */
  public int forEachAnswer(DnsAnswerHandler handler) {
    return dns.forEachAnswer(buffer, handler);
  }

  /** Whether the datagram begins with a QUIC Initial packet (RFC 9000, RFC 9369), on any port. */
  public boolean hasQuicInitial() {
    return quic.destinationIdLength >= 0;
  }

  /** The QUIC version: 1, 0x6b3343cf for version 2, 0xff0000xx for drafts. */
  public long quicVersion() {
    return quic.version;
  }

  /**
   * FNV-1a 64 of the destination connection id, the same wherever the packet is seen; 0 without an
   * Initial. The id of the client's first Initial names the connection.
   */
  public long quicConnectionId() {
    return quic.destinationIdHash;
  }

  /** Bytes of the destination connection id, 0 to 20. */
  public int quicConnectionIdLength() {
    return quic.destinationIdLength;
  }

  /** Bytes of the source connection id, 0 to 20. */
  public int quicSourceConnectionIdLength() {
    return quic.sourceIdLength;
  }

  /** The destination connection id in hex. Allocates: call once per connection. */
  public String quicConnectionIdText() {
    return quic.destinationIdText(buffer);
  }

  /**
   * Whether parts of this packet are read from its frame's buffer when they are asked for: such a
   * packet must be taken in before the buffer holds another.
   */
  public boolean readsBuffer() {
    return (extras & ~(IN_VXLAN | IN_IP)) != 0 || tcpSackBlocks() > 0;
  }

  /** The five-tuple in the packet's own direction. Allocates; empty without transport. */
  public Optional<FlowKey> flowKey() {
    if (!hasTransport()) {
      return Optional.empty();
    }
    return Protocol.ofNumber(ip.protocol)
        .map(
            protocol ->
                new FlowKey(
                    protocol,
                    new IpAddress(ip.sourceHigh, ip.sourceLow),
                    sourcePort(),
                    new IpAddress(ip.destinationHigh, ip.destinationLow),
                    destinationPort()));
  }
}
