package io.podhop.agent.route;

import io.podhop.agent.linux.InterfaceNames;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.MalformedNetlinkException;
import io.podhop.agent.linux.NetlinkAttributes;
import io.podhop.agent.linux.NetlinkMessage;
import io.podhop.agent.linux.RtTable;
import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Reads {@code rtmsg} and its attributes (linux/rtnetlink.h). */
final class RouteParser {
  private static final int RTA_OIF = 4;
  private static final int RTA_GATEWAY = 5;
  private static final int RTA_PRIORITY = 6;
  private static final int RTA_PREFSRC = 7;
  private static final int RTA_METRICS = 8;
  private static final int RTA_MULTIPATH = 9;
  private static final int RTA_TABLE = 15;
  private static final int RTA_VIA = 18;
  private static final int RTA_NH_ID = 30;
  private static final int RTA_DST = 1;
  private static final int RTAX_LOCK = 1;
  private static final int RTAX_MTU = 2;
  private static final int RTM_F_CLONED = 0x200;
  private static final int RTNH_F_DEAD = 1;
  private static final int RTNH_F_ONLINK = 4;
  private static final int RTNEXTHOP_BYTES = 8;

  private RouteParser() {}

  /** Empty for cached exceptions, and for what a {@link Route} cannot say (source routes). */
  static Optional<Route> parse(NetlinkMessage message, InterfaceNames names)
      throws MalformedNetlinkException {
    NetlinkAttributes attributes = message.attributes(RtTable.ROUTES.headerBytes());
    ByteBuffer header = message.payload();
    boolean sourceRoute = header.get(2) != 0;
    boolean cached = (header.getInt(8) & RTM_F_CLONED) != 0;
    Optional<RouteType> type = RouteType.ofNumber(Byte.toUnsignedInt(header.get(7)));
    Optional<Cidr> destination =
        range(attributes, RTA_DST, Byte.toUnsignedInt(header.get(1)), header.get(0));
    if (type.isEmpty() || destination.isEmpty() || sourceRoute || cached) {
      return Optional.empty();
    }
    return Optional.of(
        new Route(
            attributes.u32(RTA_TABLE, Byte.toUnsignedInt(header.get(4))),
            type.get(),
            destination.get(),
            nextHops(attributes, header.getInt(8), names),
            Byte.toUnsignedInt(header.get(6)),
            Byte.toUnsignedInt(header.get(5)),
            Integer.toUnsignedLong(attributes.u32(RTA_PRIORITY, 0)),
            attributes.address(RTA_PREFSRC),
            options(attributes, Byte.toUnsignedInt(header.get(3)))));
  }

  private static RouteOptions options(NetlinkAttributes attributes, int tos)
      throws MalformedNetlinkException {
    NetlinkAttributes metrics = attributes.nested(RTA_METRICS);
    return new RouteOptions(
        tos,
        attributes.u32(RTA_NH_ID, 0),
        metrics.u32(RTAX_MTU, 0),
        (metrics.u32(RTAX_LOCK, 0) & 1 << RTAX_MTU) != 0);
  }

  /**
   * A range whose length stands in the header and whose address may be left out when it is zero;
   * empty when the two do not fit, as for the IPv6 route ::ffff:0:0/96, which reads as IPv4.
   */
  static Optional<Cidr> range(NetlinkAttributes attributes, int type, int length, int family)
      throws MalformedNetlinkException {
    IpAddress zero = family == IpFamily.IPV4.number() ? IpAddress.ofIpv4(0) : new IpAddress(0, 0);
    IpAddress address = attributes.address(type).orElse(zero);
    boolean fits = address.isIpv4() == zero.isIpv4() && length <= address.bits();
    return fits ? Optional.of(new Cidr(address, length)) : Optional.empty();
  }

  private static List<NextHop> nextHops(
      NetlinkAttributes attributes, int flags, InterfaceNames names)
      throws MalformedNetlinkException {
    Optional<ByteBuffer> several = attributes.find(RTA_MULTIPATH);
    if (several.isPresent()) {
      return multipath(several.get(), names);
    }
    int ifindex = attributes.u32(RTA_OIF, 0);
    return ifindex == 0 ? List.of() : List.of(nextHop(attributes, ifindex, flags, names));
  }

  private static NextHop nextHop(
      NetlinkAttributes attributes, int ifindex, int flags, InterfaceNames names)
      throws MalformedNetlinkException {
    return new NextHop(
        gateway(attributes),
        ifindex,
        names.of(ifindex),
        (flags & RTNH_F_ONLINK) != 0,
        (flags & RTNH_F_DEAD) != 0);
  }

  /** RTA_VIA is a gateway of the other family behind a two-byte family number. */
  private static Optional<IpAddress> gateway(NetlinkAttributes attributes)
      throws MalformedNetlinkException {
    byte[] via = attributes.bytes(RTA_VIA);
    if (via.length == 0) {
      return attributes.address(RTA_GATEWAY);
    }
    if (via.length != 6 && via.length != 18) {
      throw new MalformedNetlinkException("a gateway of " + via.length + " bytes");
    }
    return Optional.of(IpAddress.ofBytes(Arrays.copyOfRange(via, 2, via.length)));
  }

  /** An array of {@code struct rtnexthop}: length, flags, weight, ifindex, attributes. */
  private static List<NextHop> multipath(ByteBuffer region, InterfaceNames names)
      throws MalformedNetlinkException {
    List<NextHop> hops = new ArrayList<>();
    int at = 0;
    while (region.limit() - at >= RTNEXTHOP_BYTES) {
      int length = Short.toUnsignedInt(region.getShort(at));
      if (length < RTNEXTHOP_BYTES || length > region.limit() - at) {
        throw new MalformedNetlinkException("a next hop of " + length + " bytes");
      }
      ByteBuffer rest = region.slice(at + RTNEXTHOP_BYTES, length - RTNEXTHOP_BYTES);
      NetlinkAttributes attributes = NetlinkAttributes.parse(rest.order(region.order()));
      hops.add(nextHop(attributes, region.getInt(at + 4), region.get(at + 2), names));
      at += length + 3 & ~3;
    }
    return hops;
  }
}
