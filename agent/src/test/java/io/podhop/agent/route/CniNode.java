package io.podhop.agent.route;

import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.RtNetlink;
import io.podhop.agent.linux.TestNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A namespace to be routed in as the VPC CNI does on a node with three ENIs and four pods. */
final class CniNode implements AutoCloseable {
  static final List<String> PODS =
      List.of("192.168.1.11", "192.168.1.12", "192.168.1.21", "192.168.1.31");

  private final LinuxCounters counters = new LinuxCounters();
  private final TestNamespace namespace = new TestNamespace();
  private final NamespaceThread thread = new NamespaceThread(counters);

  CniNode() throws IOException {
    namespace.exec(
        "sysctl",
        "-qw",
        "net.ipv4.ip_forward=1",
        "net.ipv6.conf.all.forwarding=1",
        "net.ipv4.conf.all.rp_filter=0",
        "net.ipv4.conf.default.rp_filter=0",
        "net.ipv6.conf.default.accept_dad=0");
    for (String name :
        List.of("eth0", "eth1", "eth2", "eni11", "eni12", "eni21", "eni31", "vlan41")) {
      batch(
          "link add " + name + " mtu 9001 type veth peer name p-" + name,
          "link set " + name + " up",
          "link set p-" + name + " up");
    }
  }

  /** Adds what the CNI never makes and other software may. */
  void wireOddly() throws IOException {
    batch(
        "rule add prio 12 not from 10.0.0.0/8 goto 32766",
        "rule add prio 12 to 10.6.0.0/16 goto 4711",
        "rule add prio 13 iif gone oif lo fwmark 0x1 nop",
        "rule add prio 14 from 10.1.0.0/16 blackhole",
        "route add 10.95.0.0/16 via inet6 fe80::1 dev eth0 proto static");
  }

  /** Adds addresses, rules, tables and neighbours in the CNI's own layout. */
  void wire() throws IOException {
    batch(
        "addr add 192.168.0.10/19 dev eth0",
        "addr add 192.168.0.20/19 dev eth1",
        "addr add 192.168.0.30/19 dev eth2",
        "route del 192.168.0.0/19 dev eth1",
        "route del 192.168.0.0/19 dev eth2",
        "route add default via 192.168.0.1 dev eth0 proto dhcp src 192.168.0.10 metric 512",
        "route add 192.168.0.1 dev eth1 scope link table 2",
        "route add default via 192.168.0.1 dev eth1 table 2",
        "route add 192.168.0.1 dev eth2 scope link table 3",
        "route add default via 192.168.0.1 dev eth2 table 3",
        "route add throw 172.16.0.0/12 table 2",
        "route add blackhole 10.99.0.0/16",
        "route add unreachable 10.98.0.0/16 metric 7",
        "route add prohibit 10.97.0.0/16 table 3",
        "rule add prio 1024 fwmark 0x80/0x80 lookup main",
        "rule add prio 1535 to 54.0.0.0/8 lookup main",
        "rule add prio 1536 from 192.168.1.21 lookup 2",
        "rule add prio 1536 from 192.168.1.31 lookup 3",
        "rule add prio 10 iif vlan41 lookup 141",
        "rule add prio 32765 from 192.168.0.20 lookup 2",
        "rule add prio 32765 from 192.168.0.30 lookup 3",
        "neigh add 192.168.0.1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent",
        "neigh add 192.168.0.1 lladdr 02:00:00:00:00:01 dev eth1 nud stale");
    for (String pod : PODS) {
      String veth = "eni" + pod.substring(pod.lastIndexOf('.') + 1);
      batch(
          "route add " + pod + " dev " + veth + " scope link",
          "rule add prio 512 to " + pod + " lookup main");
    }
    wireIpv6();
  }

  private void wireIpv6() throws IOException {
    batchOfIpv6(
        "addr add fd00::10/64 dev eth0 nodad",
        "addr add fd00::20/64 dev eth1 nodad",
        "route add fd00:1::21 dev eni21",
        "route add default via fe80:ec2::1 dev eth0",
        "route add default via fe80:ec2::1 dev eth1 table 2",
        "route add blackhole fd00:99::/32",
        "rule add prio 512 to fd00:1::21 lookup main",
        "rule add prio 1536 from fd00:1::21 lookup 2");
  }

  /** As {@link #batch(String...)}, with {@code -6}. */
  void batchOfIpv6(String... lines) throws IOException {
    batch(List.of(lines), "-6", "-batch");
  }

  /** Each line as {@code ip -batch} takes it; lines that fail are the test's failure. */
  void batch(String... lines) throws IOException {
    batch(List.of(lines), "-batch");
  }

  /**
   * Each line, passing over those that the kernel refuses.
   *
   * @param family {@code -4} or {@code -6}
   */
  void batchWhatIsAccepted(String family, List<String> lines) throws IOException {
    batch(lines, "-force", family, "-batch");
  }

  private void batch(List<String> lines, String... options) throws IOException {
    Path file = Files.createTempFile("ip", ".batch");
    try {
      Files.write(file, lines);
      String ip = "ip -n " + namespace.name() + " " + String.join(" ", options) + " " + file;
      TestNamespace.run("sh", "-c", options[0].equals("-force") ? ip + " 2>&1 || true" : ip);
    } finally {
      Files.delete(file);
    }
  }

  String ip(String... arguments) throws IOException {
    return namespace.ip(arguments);
  }

  /** Like {@link #ip} with words from one text; empty when the kernel answers with an error. */
  String ask(String words) throws IOException {
    return TestNamespace.run(
            "sh", "-c", "ip -n " + namespace.name() + " " + words + " 2>&1 || true")
        .strip();
  }

  RouteSnapshot read() throws IOException {
    try (RtNetlink netlink = open()) {
      return new RouteReader(counters).read(netlink);
    }
  }

  /** With the kernel parameters of the namespace. */
  RouteSnapshot readWithSysctls() throws IOException {
    return thread.inNamespace(namespace.path(), () -> new RouteReader(counters).readWithSysctls());
  }

  /** Runs sysctl(8) in the namespace. */
  String sysctl(String... arguments) throws IOException {
    return namespace.exec(
        Stream.concat(Stream.of("sysctl"), Stream.of(arguments)).toArray(String[]::new));
  }

  /**
   * What the kernel answers to each {@code ip route get}: one line, of an error too.
   *
   * @param family {@code -4} or {@code -6}
   */
  List<String> askAll(String family, List<String> questions) throws IOException {
    Path file = Files.createTempFile("ip", ".batch");
    Path errors = Files.createTempFile("ip", ".errors");
    try {
      Files.write(file, questions);
      String ip = "ip -n " + namespace.name() + " -o -force " + family + " -batch " + file;
      Iterator<String> answers =
          TestNamespace.run("sh", "-c", ip + " 2>" + errors + " || true").lines().iterator();
      Map<Integer, String> failures = failures(Files.readAllLines(errors));
      List<String> all = new ArrayList<>();
      for (int line = 1; line <= questions.size(); line++) {
        all.add(failures.containsKey(line) ? failures.get(line) : answers.next());
      }
      return all;
    } finally {
      Files.delete(file);
      Files.delete(errors);
    }
  }

  /** {@code Command failed FILE:LINE} follows each error. */
  private static Map<Integer, String> failures(List<String> errors) {
    Map<Integer, String> failures = new HashMap<>();
    for (int i = 1; i < errors.size(); i++) {
      if (errors.get(i).startsWith("Command failed ")) {
        String line = errors.get(i).substring(errors.get(i).lastIndexOf(':') + 1);
        failures.put(Integer.valueOf(line), errors.get(i - 1));
      }
    }
    return failures;
  }

  RtNetlink open() throws IOException {
    return thread.inNamespace(namespace.path(), () -> RtNetlink.open(counters));
  }

  @Override
  public void close() throws IOException {
    thread.close();
    namespace.close();
  }
}
