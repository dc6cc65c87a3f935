package io.podhop.agent.decode;

import io.podhop.model.Protocol;

/**
 * The beginning of the packet that an ICMP (RFC 792) or ICMPv6 (RFC 4443) error quotes: the tuple
 * it had where the error was made. Part of a {@link PacketView} and valid as long as it.
 */
public final class IcmpQuote {
  boolean present;
  final IpHeader ip = new IpHeader();
  int sourcePort;
  int destinationPort;
  long tcpSequence;
  int echoSequence;
  int dnsId;

  void reset() {
    present = false;
    ip.reset();
    sourcePort = 0;
    destinationPort = 0;
    tcpSequence = -1;
    echoSequence = -1;
    dnsId = -1;
  }

  public int protocolNumber() {
    return ip.protocol;
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

  /** The port, or the identifier of a quoted ICMP echo. */
  public int sourcePort() {
    return sourcePort;
  }

  /** The port, or the identifier of a quoted ICMP echo. */
  public int destinationPort() {
    return destinationPort;
  }

  /** Sequence number of a quoted TCP segment. */
  public long tcpSequence() {
    return tcpSequence;
  }

  /** Sequence of a quoted ICMP echo. */
  public int echoSequence() {
    return echoSequence;
  }

  /** Message id of a quoted DNS query, when the quote is long enough. */
  public int dnsId() {
    return dnsId;
  }

  /** Reads the quoted packet at {@code at}; leaves {@link #present} false when it is too short. */
  void read(byte[] buffer, int at, int end) {
    reset();
    readPacket(buffer, at, end);
    if (!present) {
      reset();
    }
  }

  private void readPacket(byte[] buffer, int at, int end) {
    if (IpDecoder.decode(buffer, at, end, end - at, ip) != DecodeStatus.OK
        || ip.fragmentOffset != 0
        || end - ip.payloadAt < 8) {
      return;
    }
    int transportAt = ip.payloadAt;
    if (ip.protocol == Protocol.ICMP.number() || ip.protocol == Protocol.ICMPV6.number()) {
      readEcho(buffer, transportAt);
      return;
    }
    if (ip.protocol != Protocol.TCP.number() && ip.protocol != Protocol.UDP.number()) {
      return;
    }
    sourcePort = BigEndian.u16(buffer, transportAt);
    destinationPort = BigEndian.u16(buffer, transportAt + 2);
    present = true;
    if (ip.protocol == Protocol.TCP.number()) {
      tcpSequence = BigEndian.u32(buffer, transportAt + 4);
    } else if (DnsHeader.isDnsPort(sourcePort, destinationPort) && end - transportAt >= 10) {
      dnsId = BigEndian.u16(buffer, transportAt + 8);
    }
  }

  private void readEcho(byte[] buffer, int at) {
    int type = BigEndian.u8(buffer, at);
    boolean echo =
        ip.protocol == Protocol.ICMP.number() ? type == 8 || type == 0 : type == 128 || type == 129;
    if (echo) {
      sourcePort = BigEndian.u16(buffer, at + 4);
      destinationPort = sourcePort;
      echoSequence = BigEndian.u16(buffer, at + 6);
      present = true;
    }
  }
}
