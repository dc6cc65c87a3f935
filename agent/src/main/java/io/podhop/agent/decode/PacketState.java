package io.podhop.agent.decode;

/**
 * What a {@link PacketView} shows, and what becomes of it from one packet to the next. Almost
 * nothing is cleared per packet: a header's fields are valid only when it was read, which the view
 * asks.
 */
abstract sealed class PacketState permits PacketView {
  /** Bits of {@link #extras}: what few packets have, and hence is cleared only after one had it. */
  static final int DNS = 1;

  static final int QUIC = 1 << 1;
  static final int QUOTE = 1 << 2;
  static final int IN_VXLAN = 1 << 3;
  static final int IN_IP = 1 << 4;

  final IpHeader ip = new IpHeader();
  final IpHeader outer = new IpHeader();
  final TransportHeader transport = new TransportHeader();
  final IcmpQuote quote = new IcmpQuote();
  final DnsHeader dns = new DnsHeader();
  final QuicInitial quic = new QuicInitial();
  int extras;
  int vlanId = -1;
  int outerVlanId = -1;
  int vni = -1;

  /**
   * The frame's buffer, of a packet that has what is read only when asked for. Not of every packet:
   * storing a reference takes the collector's write barrier along.
   */
  byte[] buffer = new byte[0];

  /** The state of no packet. */
  PacketState() {
    ip.reset();
    outer.reset();
    clearExtras(~0);
  }

  /**
   * Makes ready for the next frame; {@link IpDecoder} or {@link #withoutIp} writes the IP header.
   */
  void reset() {
    vlanId = -1;
    outerVlanId = -1;
    transport.kind = TransportHeader.NONE;
    if (extras != 0) {
      clearExtras(extras);
    }
  }

  private void clearExtras(int which) {
    extras = 0;
    if ((which & DNS) != 0) {
      dns.reset();
    }
    if ((which & QUIC) != 0) {
      quic.reset();
    }
    if ((which & QUOTE) != 0) {
      quote.reset();
    }
    if ((which & (IN_VXLAN | IN_IP)) != 0) {
      vni = -1;
      outer.reset();
    }
  }

  /** Says that the packet has one of the extras, and where it is read. */
  void begin(int extra, byte[] frame) {
    extras |= extra;
    buffer = frame;
  }

  DecodeStatus withoutIp(DecodeStatus status) {
    ip.reset();
    return status;
  }

  void noteTag(int id) {
    if (outerVlanId < 0) {
      outerVlanId = vlanId;
    }
    vlanId = id;
  }

  boolean isTunnelled() {
    return (extras & (IN_VXLAN | IN_IP)) != 0;
  }

  /** Sets the IP header read so far aside as the outer one. */
  void enterTunnel(int kind, int networkIdentifier) {
    extras |= kind;
    vni = networkIdentifier;
    outer.copy(ip);
  }

  /** Takes the outer IP header back, and forgets all that was read in the tunnel. */
  void leaveTunnel() {
    ip.copy(outer);
    transport.kind = TransportHeader.NONE;
    clearExtras(extras);
  }

  final boolean isTcp() {
    return transport.kind == TransportHeader.TCP;
  }

  final boolean isIcmp() {
    return transport.kind == TransportHeader.ICMP;
  }
}
