package io.podhop.agent.nat;

import io.podhop.model.IpAddress;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A node's own addresses, by which the kernel tells the type of an address (address type LOCAL,
 * BROADCAST or UNICAST; the local routing table).
 *
 * @param interfaces by address; an empty name when the interface is not known. 127.0.0.0/8 and ::1
 *     need not be named.
 * @param broadcasts the broadcast addresses of its networks; empty when they are not known
 */
public record LocalAddresses(
    Map<IpAddress, String> interfaces, Optional<Set<IpAddress>> broadcasts) {
  private static final IpAddress LOOPBACK6 = new IpAddress(0, 1);

  public LocalAddresses {
    interfaces = Map.copyOf(interfaces);
    broadcasts = broadcasts.map(Set::copyOf);
  }

  /** Addresses of which neither interface nor broadcast is known. */
  public static LocalAddresses of(Set<IpAddress> addresses) {
    Map<IpAddress, String> interfaces = new HashMap<>();
    addresses.forEach(address -> interfaces.put(address, ""));
    return new LocalAddresses(interfaces, Optional.empty());
  }

  /** Whether the node itself is addressed. */
  public boolean contains(IpAddress address) {
    return isLoopback(address) || interfaces.containsKey(address);
  }

  /** The only address of its family that an interface has; empty when it has none or several. */
  Optional<IpAddress> onlyAddress(String interfaceName, boolean ipv4) {
    Set<IpAddress> found = new HashSet<>();
    interfaces.forEach(
        (address, name) -> {
          if (name.equals(interfaceName) && address.isIpv4() == ipv4) {
            found.add(address);
          }
        });
    return found.size() == 1 ? Optional.of(found.iterator().next()) : Optional.empty();
  }

  /**
   * The types that the address may have, in iptables' spelling: one, or several when it is not
   * known which; empty when nothing is known.
   *
   * @param onInterface empty, or the interface that alone may own the address; an address whose
   *     interface is not known counts as this one's
   */
  Set<String> types(IpAddress address, String onInterface) {
    return address.isIpv4() ? types4(address, onInterface) : types6(address, onInterface);
  }

  private Set<String> types4(IpAddress address, String onInterface) {
    int word = address.ipv4();
    if (word == -1 || word >>> 24 == 0) {
      return Set.of("BROADCAST");
    }
    if (word >>> 28 == 0xe) {
      return Set.of("MULTICAST");
    }
    if (contains(address)) {
      return Set.of(isOn(address, onInterface) ? "LOCAL" : "UNICAST");
    }
    if (broadcasts.isEmpty()) {
      return Set.of("UNICAST", "BROADCAST");
    }
    // A broadcast address belongs to an interface as well, but to which is not recorded.
    boolean broadcast = broadcasts.get().contains(address);
    return broadcast && !onInterface.isEmpty()
        ? Set.of("UNICAST", "BROADCAST")
        : Set.of(broadcast ? "BROADCAST" : "UNICAST");
  }

  /** IPv6 asks the whole routing; only what the addresses themselves decide is told. */
  private Set<String> types6(IpAddress address, String onInterface) {
    boolean multicast = address.high() >>> 56 == 0xff;
    boolean linkLocal = address.high() >>> 54 == 0x3fa;
    if (multicast || (linkLocal && !contains(address))) {
      return Collections.emptySet();
    }
    if (contains(address)) {
      return isOn(address, onInterface) ? Set.of("LOCAL") : Collections.emptySet();
    }
    return Set.of("UNICAST", "UNREACHABLE", "ANYCAST");
  }

  private boolean isOn(IpAddress address, String onInterface) {
    String owner = isLoopback(address) ? "lo" : interfaces.getOrDefault(address, "");
    return onInterface.isEmpty() || owner.isEmpty() || owner.equals(onInterface);
  }

  private static boolean isLoopback(IpAddress address) {
    return address.isIpv4() ? address.ipv4() >>> 24 == 127 : address.equals(LOOPBACK6);
  }
}
