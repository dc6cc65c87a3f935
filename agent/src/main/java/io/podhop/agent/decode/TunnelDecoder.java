package io.podhop.agent.decode;

/**
 * Decodes what a tunnel carries in place of the packet around it, one tunnel deep: within another,
 * and when what is carried cannot be read, the packet around stands for itself. Fragments of the
 * packet around carry no whole inner one, and stand for themselves as well.
 */
final class TunnelDecoder {
  private static final int VXLAN_PORT = 4789;

  /** Linux's port from before the assignment, still what flannel and Cilium use. */
  private static final int VXLAN_PORT_LINUX = 8472;

  private static final int VXLAN_HEADER = 8;
  private static final int VXLAN_HAS_VNI = 0x08;
  private static final int PROTOCOL_IPV4 = 4;
  private static final int PROTOCOL_IPV6 = 41;

  private TunnelDecoder() {}

  /** Whether a datagram to this port may be VXLAN; the source port is a hash of the inner flow. */
  static boolean isVxlanPort(int destinationPort) {
    return destinationPort == VXLAN_PORT || destinationPort == VXLAN_PORT_LINUX;
  }

  /**
   * Decodes the Ethernet frame in a datagram (RFC 7348, 5).
   *
   * @param payloadAt where the datagram's payload begins
   * @param payloadLength bytes it had
   * @return what became of the inner packet; unless {@link #isPacket} the view is as it was before
   */
  static DecodeStatus decodeVxlan(
      byte[] buffer, int payloadAt, int end, int payloadLength, PacketView view) {
    int at = payloadAt + VXLAN_HEADER;
    int innerLength = payloadLength - VXLAN_HEADER;
    if (view.isTunnelled()
        || at >= end
        || innerLength <= 0
        || (buffer[payloadAt] & VXLAN_HAS_VNI) == 0) {
      return DecodeStatus.MALFORMED;
    }
    int vlanId = view.vlanId;
    int outerVlanId = view.outerVlanId;
    int vni = (int) (BigEndian.u32(buffer, payloadAt + 4) >>> 8);
    view.enterTunnel(PacketState.IN_VXLAN, vni);
    view.vlanId = -1;
    view.outerVlanId = -1;
    int innerEnd = at + Math.min(end - at, innerLength);
    DecodeStatus status = Decoder.decodeEthernet(buffer, at, innerEnd, innerLength, view);
    if (!isPacket(status)) {
      view.leaveTunnel();
      view.vlanId = vlanId;
      view.outerVlanId = outerVlanId;
    }
    return status;
  }

  /** Decodes the packet in an IP packet of another protocol than those that podhop follows. */
  static DecodeStatus decodeIpInIp(byte[] buffer, int end, PacketView view) {
    IpHeader ip = view.ip;
    int at = ip.payloadAt;
    int version = ip.protocol == PROTOCOL_IPV4 ? 4 : 6;
    if (ip.protocol != PROTOCOL_IPV4 && ip.protocol != PROTOCOL_IPV6
        || view.isTunnelled()
        || at >= end
        || ip.payloadLength <= 0
        || BigEndian.u8(buffer, at) >>> 4 != version) {
      return DecodeStatus.UNSUPPORTED;
    }
    int innerLength = ip.payloadLength;
    view.enterTunnel(PacketState.IN_IP, -1);
    int innerEnd = at + Math.min(end - at, innerLength);
    DecodeStatus status = Decoder.decodeIp(buffer, at, innerEnd, innerLength, view);
    if (isPacket(status)) {
      return status;
    }
    view.leaveTunnel();
    return DecodeStatus.UNSUPPORTED;
  }

  /** Whether an inner packet was decoded as far as its addresses, hence stands in the view. */
  static boolean isPacket(DecodeStatus status) {
    return status == DecodeStatus.OK || status == DecodeStatus.UNSUPPORTED;
  }
}
