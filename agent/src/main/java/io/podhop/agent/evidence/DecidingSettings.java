package io.podhop.agent.evidence;

import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.SysctlReader;
import io.podhop.agent.linux.Sysctls;
import io.podhop.model.Citation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/** The kernel parameters that decide on a packet that crosses some interfaces of the node. */
final class DecidingSettings {
  private DecidingSettings() {}

  /** Those that can be read, one {@code key = value} each. */
  static List<Citation> read(SysctlReader reader, Collection<String> interfaces) {
    List<String> keys =
        new ArrayList<>(
            List.of(
                "net.ipv4.ip_forward",
                "net.netfilter.nf_conntrack_count",
                "net.netfilter.nf_conntrack_max",
                Sysctls.key(IpFamily.IPV4, "all", "rp_filter"),
                Sysctls.key(IpFamily.IPV6, "all", "forwarding")));
    new TreeSet<>(interfaces)
        .forEach(
            name -> {
              keys.add(Sysctls.key(IpFamily.IPV4, name, "rp_filter"));
              keys.add(Sysctls.key(IpFamily.IPV4, name, "forwarding"));
            });
    Sysctls sysctls = reader.read(keys);
    return keys.stream()
        .filter(key -> sysctls.text(key).isPresent())
        .map(key -> new Citation(Citation.Source.NOTE, "sysctl", 0, sysctls.cite(key)))
        .toList();
  }
}
