package io.podhop.agent.bundle;

import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what {@code ifconfig} of net-tools 2 prints: the interfaces that are up. */
final class IfconfigText {
  private static final Pattern HEAD =
      Pattern.compile("(\\S+): flags=\\d+<([^>]*)> +mtu (\\d{1,9})");
  private static final Pattern INET =
      Pattern.compile(
          "\\s+inet (?<ipv4>\\S+) +netmask (?<mask>\\S+)(?: .*)?"
              + "|\\s+inet6 (?<ipv6>\\S+) +prefixlen (?<length>\\d{1,3}).*");
  private static final Pattern ETHER =
      Pattern.compile("\\s+ether ([0-9a-f]{2}(?::[0-9a-f]{2}){5}).*");

  private IfconfigText() {}

  /** An address and how many of its bits are the network's. */
  record Assigned(IpAddress address, int prefixLength) {}

  /**
   * @param mac empty when it has none
   * @param carrier whether there is something at its other end (RUNNING)
   */
  record Interface(
      String name,
      boolean up,
      boolean carrier,
      int mtuBytes,
      String mac,
      List<Assigned> addresses) {
    Interface {
      addresses = List.copyOf(addresses);
    }
  }

  static List<Interface> parse(String text) {
    List<Interface> all = new ArrayList<>();
    for (String line : text.lines().toList()) {
      Matcher head = HEAD.matcher(line);
      if (head.lookingAt()) {
        all.add(head(head));
      } else if (!all.isEmpty()) {
        all.add(with(all.removeLast(), line));
      }
    }
    return all;
  }

  private static Interface head(Matcher head) {
    List<String> flags = List.of(String.valueOf(head.group(2)).split(","));
    return new Interface(
        String.valueOf(head.group(1)),
        flags.contains("UP"),
        flags.contains("RUNNING"),
        Integer.parseInt(String.valueOf(head.group(3))),
        "",
        List.of());
  }

  private static Interface with(Interface before, String line) {
    Matcher ether = ETHER.matcher(line);
    String mac = ether.matches() ? String.valueOf(ether.group(1)) : before.mac();
    List<Assigned> addresses = new ArrayList<>(before.addresses());
    address(line).ifPresent(addresses::add);
    return new Interface(
        before.name(), before.up(), before.carrier(), before.mtuBytes(), mac, addresses);
  }

  private static Optional<Assigned> address(String line) {
    Matcher inet = INET.matcher(line);
    if (!inet.matches()) {
      return Optional.empty();
    }
    String ipv4 = inet.group("ipv4");
    if (ipv4 == null) {
      int length = Math.min(128, Integer.parseInt(String.valueOf(inet.group("length"))));
      return IpAddress.tryParse(String.valueOf(inet.group("ipv6")))
          .map(address -> new Assigned(address, length));
    }
    Optional<IpAddress> mask = IpAddress.tryParse(String.valueOf(inet.group("mask")));
    int length = mask.filter(IpAddress::isIpv4).map(m -> Integer.bitCount(m.ipv4())).orElse(32);
    return IpAddress.tryParse(ipv4).map(address -> new Assigned(address, length));
  }
}
