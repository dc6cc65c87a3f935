package io.podhop.agent.linux;

import java.util.HexFormat;

/**
 * A network interface.
 *
 * @param mac link-layer address as {@code 02:1f:…}; empty when it has none
 * @param up administratively up (IFF_UP)
 * @param peerIfindex IFLA_LINK: of a veth, the index of its other end in that end's namespace; of a
 *     VLAN, the interface below; 0 when it has none
 * @param peerNetnsId IFLA_LINK_NETNSID: the other end's namespace as this one numbers it; -1 when
 *     it is this one; {@link #NETNS_UNNUMBERED} when it is another whose number is not known
 * @param kind {@code veth}, {@code vlan} …; empty for hardware
 * @param vlanId 802.1Q tag of a VLAN interface; 0 otherwise
 * @param carrier whether the link below is there (IFF_LOWER_UP)
 * @param group IFLA_GROUP: 0 is {@code default}; -1 when it is not known
 */
public record Link(
    int ifindex,
    String name,
    String mac,
    int mtuBytes,
    boolean up,
    int peerIfindex,
    int peerNetnsId,
    String kind,
    int vlanId,
    boolean carrier,
    int group) {
  /** A {@link #peerNetnsId} known by a name only, as {@code ip link} prints it. */
  public static final int NETNS_UNNUMBERED = -2;

  private static final int IFINFOMSG_BYTES = 16;
  private static final int IFF_UP = 1;
  private static final int IFF_LOWER_UP = 0x10000;
  private static final int IFLA_ADDRESS = 1;
  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_MTU = 4;
  private static final int IFLA_LINK = 5;
  private static final int IFLA_LINKINFO = 18;
  private static final int IFLA_GROUP = 27;
  private static final int IFLA_LINK_NETNSID = 37;
  private static final int IFLA_INFO_KIND = 1;
  private static final int IFLA_INFO_DATA = 2;
  private static final int IFLA_VLAN_ID = 1;
  private static final HexFormat MAC = HexFormat.ofDelimiter(":");

  static Link parse(NetlinkMessage message) throws MalformedNetlinkException {
    NetlinkAttributes attributes = message.attributes(IFINFOMSG_BYTES);
    NetlinkAttributes info = attributes.nested(IFLA_LINKINFO);
    String kind = info.text(IFLA_INFO_KIND);
    int vlanId = kind.equals("vlan") ? info.nested(IFLA_INFO_DATA).u16(IFLA_VLAN_ID, 0) : 0;
    int flags = message.payload().getInt(8);
    return new Link(
        message.payload().getInt(4),
        attributes.text(IFLA_IFNAME),
        macText(attributes.bytes(IFLA_ADDRESS)),
        attributes.u32(IFLA_MTU, 0),
        (flags & IFF_UP) != 0,
        attributes.u32(IFLA_LINK, 0),
        attributes.u32(IFLA_LINK_NETNSID, -1),
        kind,
        vlanId,
        (flags & IFF_LOWER_UP) != 0,
        attributes.u32(IFLA_GROUP, 0));
  }

  /** Link-layer address in the notation of iproute2. */
  public static String macText(byte[] address) {
    return MAC.formatHex(address);
  }
}
