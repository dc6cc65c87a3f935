package io.podhop.agent.predict;

import io.podhop.agent.correlate.Inventory;
import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.linux.Commands;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.RtNetlink;
import io.podhop.agent.linux.TestNamespace;
import io.podhop.agent.nat.Backend;
import io.podhop.agent.nat.Conntrack;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.agent.nat.ConntrackException;
import io.podhop.agent.nat.NatSnapshot;
import io.podhop.agent.nat.RuleSetParser;
import io.podhop.agent.route.RouteReader;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.LegQuery;
import io.podhop.model.PodRef;
import io.podhop.model.Protocol;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The node of {@link TextNode} in the kernel, without its branch ENI: behind either ENI a namespace
 * that has every address of the VPC and the world, and tells by which ENI a packet has left.
 */
final class KernelCniNode implements AutoCloseable {
  private static final Pattern CHAIN = Pattern.compile("-[Aj] ((?:KUBE|AWS)-\\S+)");

  private final LinuxCounters counters = new LinuxCounters();
  private final NamespaceThread thread = new NamespaceThread(counters);
  private final Map<Home, TestNamespace> namespaces = new EnumMap<>(Home.class);
  private final Map<Socket, DatagramChannel> bound = new HashMap<>();
  private final Conntrack conntrack;
  private final IpamSnapshot ipam = new TextNode().ipam();
  private final Path file;

  /** Where sockets are. */
  enum Home {
    NODE,
    WEB,
    DB,
    ENS5,
    ENS6;

    /** How its packets enter the node. */
    LegQuery.Entry entry() {
      return switch (this) {
        case NODE -> new LegQuery.FromNode();
        case WEB -> new LegQuery.FromPod(TextNode.WEB);
        case DB -> new LegQuery.FromPod(TextNode.DB);
        case ENS5 -> new LegQuery.FromEni("ens5");
        case ENS6 -> new LegQuery.FromEni("ens6");
      };
    }

    List<String> addresses() {
      return switch (this) {
        case NODE -> List.of(TextNode.NODE_IP, "10.40.0.20");
        case WEB -> List.of(TextNode.WEB_IP);
        case DB -> List.of(TextNode.DB_IP);
        case ENS5, ENS6 -> List.of(TextNode.FAR_IP, TextNode.WORLD_IP);
      };
    }
  }

  /** A packet that came to a socket. */
  record Arrival(Home home, FlowKey packet) {}

  private record Socket(Home home, InetSocketAddress address) {}

  KernelCniNode(Path directory) throws IOException {
    file = directory.resolve("rules");
    for (Home home : Home.values()) {
      namespaces.put(home, new TestNamespace());
    }
    run(Home.NODE, wiring());
    inside(Home.WEB, TextNode.WEB_IP, "0a:00:00:00:00:0a");
    inside(Home.DB, TextNode.DB_IP, "0a:00:00:00:00:0b");
    beyond(Home.ENS5, "02:40:00:00:00:05");
    beyond(Home.ENS6, "02:40:00:00:00:06");
    load(rules());
    for (Home home : Home.values()) {
      for (String address : home.addresses()) {
        for (int port : List.of(443, 5432, 8080)) {
          bind(home, address, port);
        }
      }
    }
    conntrack = thread.inNamespace(namespaces.get(Home.NODE).path(), Conntrack::open);
  }

  private String wiring() {
    return """
        sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=2
        ip link add ens5 address 02:40:00:00:00:05 type veth peer name eth0 address 02:40:00:00:00:01 netns ENS5
        ip link add ens6 address 02:40:00:00:00:06 type veth peer name eth0 address 02:40:00:00:00:02 netns ENS6
        ip link add eni0000000000a address 0a:00:00:00:00:0a type veth peer name eth0 address 0e:00:00:00:00:0a netns WEB
        ip link add eni0000000000b address 0a:00:00:00:00:0b type veth peer name eth0 address 0e:00:00:00:00:0b netns DB
        for link in ens5 ens6 eni0000000000a eni0000000000b; do
          ip link set $link addrgenmode none up
        done
        ip addr add 10.40.0.10/20 dev ens5
        ip addr add 10.40.0.20/20 dev ens6
        ip route del 10.40.0.0/20 dev ens6
        ip route add default via 10.40.0.1 dev ens5 metric 512
        ip route add 10.40.0.1 dev ens6 scope link table 2
        ip route add default via 10.40.0.1 dev ens6 table 2
        ip route add 10.40.1.11 dev eni0000000000a scope link
        ip route add 10.40.2.21 dev eni0000000000b scope link
        ip rule add prio 512 to 10.40.1.11 lookup main
        ip rule add prio 512 to 10.40.2.21 lookup main
        ip rule add prio 1024 fwmark 0x80/0x80 lookup main
        ip rule add prio 1536 from 10.40.2.21 lookup 2
        ip rule add prio 32765 from 10.40.0.20 lookup 2
        ip neigh add 10.40.0.1 lladdr 02:40:00:00:00:01 dev ens5 nud permanent
        ip neigh add 10.40.0.1 lladdr 02:40:00:00:00:02 dev ens6 nud permanent
        ip neigh add 10.40.1.11 lladdr 0e:00:00:00:00:0a dev eni0000000000a nud permanent
        ip neigh add 10.40.2.21 lladdr 0e:00:00:00:00:0b dev eni0000000000b nud permanent
        """
        .replace("netns ENS5", "netns " + namespaces.get(Home.ENS5).name())
        .replace("netns ENS6", "netns " + namespaces.get(Home.ENS6).name())
        .replace("netns WEB", "netns " + namespaces.get(Home.WEB).name())
        .replace("netns DB", "netns " + namespaces.get(Home.DB).name());
  }

  private void inside(Home pod, String address, String gatewayMac) throws IOException {
    run(
        pod,
        """
        ip link set eth0 addrgenmode none up
        ip addr add ADDRESS/32 dev eth0
        ip route add 169.254.1.1 dev eth0 scope link
        ip route add default via 169.254.1.1 dev eth0
        ip neigh add 169.254.1.1 lladdr MAC dev eth0 nud permanent
        """
            .replace("ADDRESS", address)
            .replace("MAC", gatewayMac));
  }

  private void beyond(Home eni, String mac) throws IOException {
    run(
        eni,
        """
        sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
        ip link set eth0 addrgenmode none up
        for address in FAR WORLD; do
          ip addr add $address/32 dev lo
        done
        ip route add default dev eth0
        for address in 10.40.0.10 10.40.0.20 10.40.1.11 10.40.2.21; do
          ip neigh add $address lladdr MAC dev eth0 nud permanent
        done
        """
            .replace("FAR", TextNode.FAR_IP)
            .replace("WORLD", TextNode.WORLD_IP)
            .replace("MAC", mac));
  }

  /** Runs a shell script in a namespace. */
  void run(Home home, String script) throws IOException {
    namespaces.get(home).exec("sh", "-e", "-c", script);
  }

  /** The rules of {@link Rules} for UDP, keeping ports. */
  static String rules() {
    return (Rules.NAT + Rules.MANGLE + Rules.FILTER)
        .replace("-p tcp", "-p udp")
        .replace("-m tcp", "-m udp")
        .replace(" --random-fully", "");
  }

  void load(String rules) throws IOException {
    StringBuilder whole = new StringBuilder();
    for (String table : rules.split("(?<=COMMIT\n)")) {
      Set<String> chains = new TreeSet<>();
      Matcher named = CHAIN.matcher(table);
      while (named.find()) {
        chains.add(named.group(1));
      }
      int first = table.indexOf(table.contains("-A ") ? "-A " : "COMMIT");
      whole
          .append(table, 0, first)
          .append(chains.stream().map(c -> ":" + c + " - [0:0]\n").collect(Collectors.joining()))
          .append(table.substring(first));
    }
    Files.writeString(file, whole);
    run(Home.NODE, "iptables-nft-restore < " + file);
  }

  NodeView view() throws IOException {
    RouteSnapshot routes =
        thread.inNamespace(
            namespaces.get(Home.NODE).path(), () -> new RouteReader(counters).readWithSysctls());
    NatSnapshot nat =
        NatSnapshot.of(
            RuleSetParser.parse(Backend.NFT, namespaces.get(Home.NODE).exec("iptables-nft-save")));
    Map<PodRef, RouteSnapshot> insides = new HashMap<>();
    insides.put(TextNode.WEB, inside(Home.WEB));
    insides.put(TextNode.DB, inside(Home.DB));
    return new NodeView(Inventory.joinFromOutside("node-a", ipam, routes, nat), ipam, routes, nat)
        .with(insides);
  }

  private RouteSnapshot inside(Home pod) throws IOException {
    try (RtNetlink netlink =
        thread.inNamespace(namespaces.get(pod).path(), () -> RtNetlink.open(counters))) {
      return new RouteReader(counters).read(netlink);
    }
  }

  void bind(Home home, String address, int port) throws IOException {
    InetSocketAddress at = new InetSocketAddress(address, port);
    if (bound.containsKey(new Socket(home, at))) {
      return;
    }
    DatagramChannel channel =
        thread.inNamespace(namespaces.get(home).path(), () -> DatagramChannel.open().bind(at));
    channel.configureBlocking(false);
    bound.put(new Socket(home, at), channel);
  }

  boolean listens(Arrival arrival) {
    return bound.containsKey(new Socket(arrival.home(), to(arrival.packet())));
  }

  private static InetSocketAddress to(FlowKey packet) {
    return new InetSocketAddress(packet.destination().toString(), packet.destinationPort());
  }

  /** Sends a packet from a bound socket; what the kernel refuses at once is not sent. */
  void send(Home home, FlowKey packet, int id) throws IOException {
    InetSocketAddress from = new InetSocketAddress(packet.source().toString(), packet.sourcePort());
    try {
      bound.get(new Socket(home, from)).send(ByteBuffer.allocate(4).putInt(id).flip(), to(packet));
    } catch (SocketException e) {
      if (!String.valueOf(e.getMessage())
          .matches("(?s).*(not permitted|unreachable|No route|Invalid argument).*")) {
        throw e;
      }
    }
  }

  /** What has arrived since the last call, by id. */
  void receive(Map<Integer, Arrival> arrived) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(16);
    for (Map.Entry<Socket, DatagramChannel> entry : bound.entrySet()) {
      InetSocketAddress own = entry.getKey().address();
      InetSocketAddress from = (InetSocketAddress) entry.getValue().receive(buffer.clear());
      while (from != null) {
        arrived.put(
            buffer.flip().getInt(),
            new Arrival(
                entry.getKey().home(),
                new FlowKey(
                    Protocol.UDP,
                    IpAddress.ofBytes(from.getAddress().getAddress()),
                    from.getPort(),
                    IpAddress.ofBytes(own.getAddress().getAddress()),
                    own.getPort())));
        from = (InetSocketAddress) entry.getValue().receive(buffer.clear());
      }
    }
  }

  List<ConntrackEntry> connections() throws ConntrackException {
    return conntrack.dump(IpFamily.IPV4, _ -> true, 100_000);
  }

  void forget() throws IOException {
    new Commands().run("ip", "netns", "exec", namespaces.get(Home.NODE).name(), "conntrack", "-F");
  }

  @Override
  public void close() throws IOException {
    conntrack.close();
    for (DatagramChannel channel : bound.values()) {
      channel.close();
    }
    thread.close();
    for (TestNamespace namespace : namespaces.values()) {
      namespace.close();
    }
  }
}
