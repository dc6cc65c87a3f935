package io.podhop.agent.nat;

import io.podhop.agent.linux.Commands;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.TestNamespace;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A node between a pod (at eni1) and the world (at eth0), each a namespace, with sockets on every
 * address and nothing on the links but what a test sends: neighbours are static.
 */
final class KernelNode implements AutoCloseable {
  static final String POD_MAC = "02:00:00:00:00:02";
  static final String WORLD_MAC = "02:00:00:00:00:04";
  static final List<Integer> PORTS = List.of(1000, 2000, 3000, 4000);

  private static final String ENI_MAC = "02:00:00:00:00:01";
  private static final String ETH_MAC = "02:00:00:00:00:03";

  final Plan plan;
  private final String restore;
  private final NamespaceThread thread = new NamespaceThread(new LinuxCounters());
  private final TestNamespace node = new TestNamespace();
  private final TestNamespace pod = new TestNamespace();
  private final TestNamespace world = new TestNamespace();
  private final Map<InetSocketAddress, DatagramChannel> bound = new HashMap<>();
  private final Conntrack conntrack;
  private final Path file;

  /** Who has which addresses. */
  record Plan(boolean ipv4) {
    String pod(int i) {
      return ipv4 ? "10.1.2." + i : "fd00:1::" + i;
    }

    String world(int i) {
      return ipv4 ? "203.0.113." + i : "fd00:2::" + i;
    }

    /** Of eth0, of lo, of eni1. */
    String node(int i) {
      return ipv4
          ? List.of("10.1.0.10", "10.1.0.11", "169.254.9.1").get(i)
          : List.of("fd00::10", "fd00::11", "fd00:9::1").get(i);
    }

    List<String> pods() {
      return List.of(pod(1), pod(2), pod(3));
    }

    List<String> worlds() {
      return List.of(world(4), world(5), world(6), world(7));
    }

    List<String> nodes() {
      return List.of(node(0), node(1), node(2));
    }

    /** What destinations may become. */
    List<String> targets() {
      return List.of(pod(1), pod(2), world(4), world(6));
    }

    List<String> all() {
      List<String> all = new ArrayList<>(pods());
      all.addAll(worlds());
      all.addAll(nodes());
      return all;
    }

    LocalAddresses local() {
      return new LocalAddresses(
          Map.of(
              IpAddress.parse(node(0)), "eth0",
              IpAddress.parse(node(1)), "lo",
              IpAddress.parse(node(2)), "eni1"),
          Optional.of(Set.of()));
    }

    /** The interface towards an address; empty when it is the node's own. */
    String towards(String address) {
      return nodes().contains(address) ? "" : pods().contains(address) ? "eni1" : "eth0";
    }
  }

  KernelNode(boolean ipv4, String restore, Path directory) throws IOException {
    this.plan = new Plan(ipv4);
    this.restore = restore;
    this.file = directory.resolve("rules");
    join(pod, "eni1", ENI_MAC, POD_MAC, plan.pods(), plan.node(2));
    join(world, "eth0", ETH_MAC, WORLD_MAC, plan.worlds(), plan.node(0));
    address(node, plan.node(1), "lo");
    sysctl(
        node,
        "net.ipv4.ip_forward=1",
        "net.ipv6.conf.all.forwarding=1",
        "net.ipv4.conf.all.rp_filter=0");
    for (TestNamespace end : List.of(pod, world)) {
      end.exec(
          "ip" + (ipv4 ? "" : "6") + "tables-nft",
          "-t",
          "raw",
          "-A",
          "PREROUTING",
          "-p",
          "tcp",
          "-j",
          "DROP");
    }
    for (int port : PORTS) {
      bind(pod, plan.pods(), port);
      bind(world, plan.worlds(), port);
      bind(node, plan.nodes(), port);
    }
    conntrack = thread.inNamespace(node.path(), Conntrack::open);
  }

  private void join(
      TestNamespace end,
      String name,
      String mac,
      String otherMac,
      List<String> addresses,
      String own)
      throws IOException {
    node.ip(
        "link",
        "add",
        name,
        "address",
        mac,
        "type",
        "veth",
        "peer",
        "name",
        "eth0",
        "address",
        otherMac,
        "netns",
        end.name());
    sysctl(
        node, "net.ipv4.conf." + name + ".rp_filter=0", "net.ipv6.conf." + name + ".accept_dad=0");
    sysctl(
        end,
        "net.ipv4.conf.all.rp_filter=0",
        "net.ipv4.conf.eth0.rp_filter=0",
        "net.ipv4.conf.eth0.accept_local=1",
        "net.ipv6.conf.eth0.accept_dad=0");
    node.ip("link", "set", name, "addrgenmode", "none", "up");
    end.ip("link", "set", "eth0", "addrgenmode", "none", "up");
    address(node, own, name);
    String gateway = plan.ipv4() ? "169.254.8.1" : "fd00:8::1";
    end.ip("neigh", "add", gateway, "lladdr", mac, "dev", "eth0", "nud", "permanent");
    for (String one : addresses) {
      address(end, one, "eth0");
      node.ip("neigh", "add", one, "lladdr", otherMac, "dev", name, "nud", "permanent");
      node.ip("route", "add", one, "dev", name);
    }
    end.ip("route", "add", "default", "via", gateway, "dev", "eth0", "onlink");
  }

  private void address(TestNamespace where, String address, String name) throws IOException {
    where.ip("addr", "add", address + (plan.ipv4() ? "/32" : "/128"), "dev", name);
  }

  private static void sysctl(TestNamespace where, String... settings) throws IOException {
    for (String setting : settings) {
      where.exec("sysctl", "-qw", setting);
    }
  }

  private TestNamespace home(String address) {
    return switch (plan.towards(address)) {
      case "" -> node;
      case "eni1" -> pod;
      default -> world;
    };
  }

  private void bind(TestNamespace where, List<String> addresses, int port) throws IOException {
    thread.inNamespace(
        where.path(),
        () -> {
          for (String address : addresses) {
            bind(new InetSocketAddress(address, port));
          }
          return addresses;
        });
  }

  private void bind(InetSocketAddress address) throws IOException {
    DatagramChannel channel = DatagramChannel.open();
    channel.configureBlocking(false);
    channel.bind(address);
    bound.put(address, channel);
  }

  /** Binds the sources of these packets. */
  void bindSources(List<FlowKey> packets) throws IOException {
    for (FlowKey packet : packets) {
      if (packet.protocol() == Protocol.UDP) {
        bind(
            home(packet.source().toString()),
            List.of(packet.source().toString()),
            packet.sourcePort());
      }
    }
  }

  /** Sends eight bytes: who and when. The sender hears of it when OUTPUT drops them. */
  void send(FlowKey packet, int id, int phase) throws IOException {
    try {
      hand(packet, id, phase);
    } catch (SocketException e) {
      if (!String.valueOf(e.getMessage()).contains("Operation not permitted")) {
        throw e;
      }
    }
  }

  private void hand(FlowKey packet, int id, int phase) throws IOException {
    InetSocketAddress to = socket(packet.destination(), packet.destinationPort());
    InetSocketAddress from = socket(packet.source(), packet.sourcePort());
    if (packet.protocol() == Protocol.UDP) {
      bound.get(from).send(ByteBuffer.allocate(8).putInt(id).putInt(phase).flip(), to);
      return;
    }
    thread.inNamespace(
        home(packet.source().toString()).path(),
        () -> {
          try (SocketChannel channel = SocketChannel.open()) {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(from);
            return channel.connect(to);
          }
        });
  }

  boolean listens(IpAddress address, int port) {
    return bound.containsKey(socket(address, port));
  }

  /** What has arrived since the last call, by id and phase: source and destination as received. */
  void receive(Map<Long, FlowKey> arrived) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(64);
    for (Map.Entry<InetSocketAddress, DatagramChannel> entry : bound.entrySet()) {
      InetSocketAddress from = (InetSocketAddress) entry.getValue().receive(buffer.clear());
      while (from != null) {
        long key = (long) buffer.flip().getInt() << 32 | buffer.getInt();
        arrived.put(
            key,
            new FlowKey(
                Protocol.UDP,
                IpAddress.ofBytes(from.getAddress().getAddress()),
                from.getPort(),
                IpAddress.ofBytes(entry.getKey().getAddress().getAddress()),
                entry.getKey().getPort()));
        from = (InetSocketAddress) entry.getValue().receive(buffer.clear());
      }
    }
  }

  private static InetSocketAddress socket(IpAddress address, int port) {
    return new InetSocketAddress(address.toString(), port);
  }

  void load(String rules) throws IOException {
    Files.writeString(file, rules);
    node.exec("sh", "-c", command("restore") + " < " + file);
  }

  private String command(String what) {
    return (plan.ipv4() ? "iptables-" : "ip6tables-") + restore + "-" + what;
  }

  /** The node's rules, with their counters. */
  NatSnapshot read() throws IOException {
    Backend backend = restore.equals("nft") ? Backend.NFT : Backend.LEGACY;
    Ruleset rules = RuleSetParser.parse(backend, node.exec(command("save"), "-c"));
    return plan.ipv4()
        ? NatSnapshot.of(rules)
        : NatSnapshot.of(Ruleset.empty(Backend.NFT)).withIpv6(FamilyRules.of(rules));
  }

  List<ConntrackEntry> connections() throws ConntrackException {
    return conntrack.dump(plan.ipv4() ? IpFamily.IPV4 : IpFamily.IPV6, _ -> true, 100_000);
  }

  void forget() throws IOException {
    for (DatagramChannel channel : bound.values()) {
      InetSocketAddress own = (InetSocketAddress) channel.getLocalAddress();
      if (!PORTS.contains(own.getPort())) {
        channel.close();
      }
    }
    bound.keySet().removeIf(address -> !PORTS.contains(address.getPort()));
    new Commands()
        .run(
            "ip",
            "netns",
            "exec",
            node.name(),
            "conntrack",
            "-F",
            "-f",
            plan.ipv4() ? "ipv4" : "ipv6");
  }

  @Override
  public void close() throws IOException {
    conntrack.close();
    for (DatagramChannel channel : bound.values()) {
      channel.close();
    }
    thread.close();
    node.close();
    pod.close();
    world.close();
  }
}
