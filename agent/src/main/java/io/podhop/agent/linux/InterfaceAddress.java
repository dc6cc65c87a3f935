package io.podhop.agent.linux;

import io.podhop.model.IpAddress;
import java.util.Optional;

/**
 * An address of an interface.
 *
 * @param scope RT_SCOPE_*: 0 global, 253 link, 254 host
 */
public record InterfaceAddress(
    int ifindex, String interfaceName, IpAddress address, int prefixLength, int scope) {
  private static final int IFADDRMSG_BYTES = 8;
  private static final int IFA_ADDRESS = 1;
  private static final int IFA_LOCAL = 2;

  static InterfaceAddress parse(NetlinkMessage message, InterfaceNames names)
      throws MalformedNetlinkException {
    NetlinkAttributes attributes = message.attributes(IFADDRMSG_BYTES);
    Optional<IpAddress> local = attributes.address(IFA_LOCAL);
    // IFA_ADDRESS is the far end's address on a point-to-point link, where IFA_LOCAL is ours.
    Optional<IpAddress> address = local.isPresent() ? local : attributes.address(IFA_ADDRESS);
    if (address.isEmpty()) {
      throw new MalformedNetlinkException("an interface address without an address");
    }
    int ifindex = message.payload().getInt(4);
    return new InterfaceAddress(
        ifindex,
        names.of(ifindex),
        address.get(),
        Byte.toUnsignedInt(message.payload().get(1)),
        Byte.toUnsignedInt(message.payload().get(3)));
  }

  public boolean isGlobal() {
    return scope == RtNames.SCOPE_GLOBAL;
  }

  /** As iproute2: {@code inet 192.168.1.21/32 scope global eth0}. */
  public String text() {
    return (address.isIpv4() ? "inet " : "inet6 ")
        + address
        + "/"
        + prefixLength
        + " scope "
        + RtNames.scope(scope)
        + " "
        + interfaceName;
  }
}
