package io.podhop.agent.linux;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the kernel parameters that decide on packets. /proc/sys/net shows those of the network
 * namespace that the reading thread is in. A file that is not there (a module not loaded, an
 * interface just gone) is left out.
 */
public final class SysctlReader {
  /** More interfaces than a node has; the rest would be left out. */
  private static final int INTERFACE_BOUND = 4096;

  /** More than a list of all reserved ports takes in practice; the rest would be left out. */
  private static final int MAX_BYTES = 16 << 10;

  private static final List<String> SINGLE =
      List.of(
          "net.ipv4.ip_forward",
          "net.ipv4.ip_default_ttl",
          "net.ipv4.tcp_early_demux",
          "net.ipv4.ip_local_port_range",
          "net.ipv4.ip_local_reserved_ports",
          "net.ipv4.tcp_mtu_probing",
          "net.ipv4.ip_no_pmtu_disc",
          "net.ipv4.neigh.default.gc_thresh1",
          "net.ipv4.neigh.default.gc_thresh2",
          "net.ipv4.neigh.default.gc_thresh3",
          "net.ipv6.neigh.default.gc_thresh3",
          "net.netfilter.nf_conntrack_max",
          "net.netfilter.nf_conntrack_count",
          "net.netfilter.nf_conntrack_buckets",
          "net.netfilter.nf_conntrack_tcp_timeout_established");
  private static final List<String> OF_IPV4_INTERFACE =
      List.of(
          "rp_filter",
          "forwarding",
          "src_valid_mark",
          "accept_local",
          "route_localnet",
          "arp_ignore",
          "proxy_arp",
          "log_martians");
  private static final List<String> OF_IPV6_INTERFACE =
      List.of("forwarding", "disable_ipv6", "accept_ra");

  private final Path root;

  public SysctlReader() {
    this(Path.of("/proc/sys"));
  }

  /**
   * @param root normally {@code /proc/sys}
   */
  SysctlReader(Path root) {
    this.root = root;
  }

  /** The parameters of the calling thread's network namespace. */
  public Sysctls read() {
    Map<String, String> values = new HashMap<>();
    for (String key : SINGLE) {
      put(values, key, root.resolve(key.replace('.', '/')));
    }
    putInterfaces(values, IpFamily.IPV4, OF_IPV4_INTERFACE);
    putInterfaces(values, IpFamily.IPV6, OF_IPV6_INTERFACE);
    return new Sysctls(values);
  }

  /** Only these parameters of the calling thread's network namespace, by their keys. */
  public Sysctls read(Collection<String> keys) {
    Map<String, String> values = new HashMap<>();
    for (String key : keys) {
      // A slash in a key stands for a dot in an interface's name.
      put(values, key, root.resolve(swapped(key)));
    }
    return new Sysctls(values);
  }

  private static String swapped(String key) {
    return key.replace('.', '\n').replace('/', '.').replace('\n', '/');
  }

  private void putInterfaces(Map<String, String> values, IpFamily family, List<String> parameters) {
    Path folder = root.resolve(family == IpFamily.IPV4 ? "net/ipv4/conf" : "net/ipv6/conf");
    int seen = 0;
    try (DirectoryStream<Path> interfaces = Files.newDirectoryStream(folder)) {
      for (Path one : interfaces) {
        seen++;
        if (seen > INTERFACE_BOUND) {
          return;
        }
        String name = String.valueOf(one.getFileName());
        for (String parameter : parameters) {
          put(values, Sysctls.key(family, name, parameter), one.resolve(parameter));
        }
      }
    } catch (IOException | DirectoryIteratorException _) {
      // Without IPv6 there is no such folder: the keys stay unknown.
      return;
    }
  }

  private static void put(Map<String, String> values, String key, Path file) {
    // In one read: to a second, from where the first ended, the kernel answers with nothing. That
    // rules out Files.readString, which begins with one byte of a file whose size is 0.
    try (InputStream in = Files.newInputStream(file)) {
      values.put(key, new String(in.readNBytes(MAX_BYTES), StandardCharsets.US_ASCII).strip());
    } catch (IOException _) {
      // Gone or not readable: unknown.
      return;
    }
  }
}
