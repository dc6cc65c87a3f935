package io.podhop.agent.route;

import io.podhop.agent.linux.InterfaceNames;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.MalformedNetlinkException;
import io.podhop.agent.linux.NetlinkAttributes;
import io.podhop.agent.linux.NetlinkMessage;
import io.podhop.agent.linux.RtTable;
import io.podhop.model.IpAddress;
import java.util.Optional;

/** Reads {@code ndmsg} and its attributes (linux/neighbour.h). */
final class NeighbourParser {
  private static final int NDA_DST = 1;
  private static final int NDA_LLADDR = 2;

  private NeighbourParser() {}

  /** Empty for an entry without an address. */
  static Optional<Neighbour> parse(NetlinkMessage message, InterfaceNames names)
      throws MalformedNetlinkException {
    NetlinkAttributes attributes = message.attributes(RtTable.NEIGHBOURS.headerBytes());
    Optional<IpAddress> address = attributes.address(NDA_DST);
    if (address.isEmpty()) {
      return Optional.empty();
    }
    int ifindex = message.payload().getInt(4);
    return Optional.of(
        new Neighbour(
            ifindex,
            names.of(ifindex),
            address.get(),
            Link.macText(attributes.bytes(NDA_LLADDR)),
            Neighbour.stateName(Short.toUnsignedInt(message.payload().getShort(8)))));
  }
}
