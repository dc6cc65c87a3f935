package io.podhop.agent.linux;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Kernel parameters of one network namespace. What was not read is empty, never a default.
 *
 * @param values by key as sysctl(8) writes it, a dot in an interface's name as a slash: {@code
 *     net.ipv4.conf.vlan/eth/1.rp_filter}
 */
public record Sysctls(Map<String, String> values) {
  /** Nothing was read. */
  public static final Sysctls NONE = new Sysctls(Map.of());

  private static final Pattern LINE = Pattern.compile("([a-z]\\S*)\\s*=\\s?(.*)");

  public Sysctls {
    values = Map.copyOf(values);
  }

  /** Reads the output of {@code sysctl -a}; other lines are passed over. */
  public static Sysctls parse(String text) {
    Map<String, String> values = new HashMap<>();
    for (String line : text.lines().toList()) {
      Matcher matcher = LINE.matcher(line.strip());
      if (matcher.matches()) {
        values.put(String.valueOf(matcher.group(1)), String.valueOf(matcher.group(2)).strip());
      }
    }
    return new Sysctls(values);
  }

  /** The key of an interface's parameter: {@code net.ipv4.conf.eth0.rp_filter}. */
  public static String key(IpFamily family, String interfaceName, String parameter) {
    return "net."
        + (family == IpFamily.IPV4 ? "ipv4" : "ipv6")
        + ".conf."
        + interfaceName.replace('.', '/')
        + "."
        + parameter;
  }

  public Optional<String> text(String key) {
    return Optional.ofNullable(values.get(key));
  }

  /** The first number of a parameter. */
  public OptionalLong number(String key) {
    String value = values.getOrDefault(key, "").strip().split("\\s", 2)[0];
    return value.matches("-?\\d{1,18}")
        ? OptionalLong.of(Long.parseLong(value))
        : OptionalLong.empty();
  }

  /** {@code key = value}, or that it was not read. */
  public String cite(String key) {
    return key + text(key).map(value -> " = " + value).orElse(" was not read");
  }

  /** What the kernel filters by: the larger of {@code all} and the interface's own. */
  public OptionalInt rpFilter(String interfaceName) {
    return joined(interfaceName, "rp_filter", 2);
  }

  /**
   * Whether {@code accept_local}, {@code src_valid_mark}, {@code route_localnet} or another that is
   * on when either {@code all} or the interface has it is on; empty when that is not known.
   */
  public Optional<Boolean> either(String interfaceName, String parameter) {
    OptionalInt joined = joined(interfaceName, parameter, 1);
    return joined.isPresent() ? Optional.of(joined.getAsInt() != 0) : Optional.empty();
  }

  /** Of two of which the larger counts, one alone says all only when it is the largest there is. */
  private OptionalInt joined(String interfaceName, String parameter, int largest) {
    OptionalLong all = number(key(IpFamily.IPV4, "all", parameter));
    OptionalLong own = number(key(IpFamily.IPV4, interfaceName, parameter));
    long max = Math.max(all.orElse(0), own.orElse(0));
    boolean known = all.isPresent() && own.isPresent() || max >= largest;
    return known ? OptionalInt.of((int) max) : OptionalInt.empty();
  }

  /** Whether packets that came in by the interface may be forwarded. */
  public Optional<Boolean> forwarding(IpFamily family, String interfaceName) {
    return flag(key(family, family == IpFamily.IPV4 ? interfaceName : "all", "forwarding"));
  }

  /** A parameter that is 0 or not. */
  public Optional<Boolean> flag(String key) {
    OptionalLong number = number(key);
    return number.isPresent() ? Optional.of(number.getAsLong() != 0) : Optional.empty();
  }

  /** First and last of {@code net.ipv4.ip_local_port_range}. */
  public Optional<PortRange> localPorts() {
    String[] ends = values.getOrDefault("net.ipv4.ip_local_port_range", "").strip().split("\\s+");
    return ends.length == 2 && ends[0].matches("\\d{1,5}") && ends[1].matches("\\d{1,5}")
        ? Optional.of(new PortRange(Integer.parseInt(ends[0]), Integer.parseInt(ends[1])))
        : Optional.empty();
  }

  /** {@code net.ipv4.ip_local_reserved_ports}; none when it was not read, or cannot be. */
  public List<PortRange> reservedPorts() {
    List<PortRange> ranges = new ArrayList<>();
    for (String part : values.getOrDefault("net.ipv4.ip_local_reserved_ports", "").split(",", -1)) {
      String[] ends = part.strip().split("-", 2);
      if (ends[0].matches("\\d{1,5}") && ends[ends.length - 1].matches("\\d{1,5}")) {
        ranges.add(
            new PortRange(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])));
      }
    }
    return List.copyOf(ranges);
  }

  /** Both ends belong to it. */
  public record PortRange(int first, int last) {}
}
