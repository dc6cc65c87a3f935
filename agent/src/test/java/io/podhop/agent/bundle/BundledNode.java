package io.podhop.agent.bundle;

import io.podhop.agent.ipam.VethNames;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.RtNetlink;
import io.podhop.agent.linux.TestNamespace;
import io.podhop.agent.route.RouteReader;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.model.PodRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * A namespace wired as the VPC CNI wires a node with two ENIs and two pods, and what the EKS log
 * collector would take of it.
 */
final class BundledNode implements AutoCloseable {
  static final Instant COLLECTED = Instant.parse("2025-05-06T07:08:09Z");
  static final String INSTANCE = "i-0123456789abcdef0";
  static final PodRef CART = new PodRef("shop", "cart-7d9c5b8f6d-x2x4z");
  static final PodRef API = new PodRef("shop", "api-5b8d9c7f44-q8w2z");
  static final String CART_VETH = VethNames.hostVeth("eni", CART);
  static final String API_VETH = VethNames.hostVeth("eni", API);
  static final String CART_SANDBOX = "c1".repeat(32);
  static final String API_SANDBOX = "a2".repeat(32);
  private static final String STATE =
      """
      {"version":"vpc-cni-ipam/1","allocations":[%s,%s]}\
      """
          .formatted(
              allocation(CART_SANDBOX, "192.168.1.12", CART),
              allocation(API_SANDBOX, "192.168.1.21", API));
  private static final String RULES =
      """
      *mangle
      -A PREROUTING -i eth0 -m comment --comment "AWS, primary ENI" -m addrtype --dst-type LOCAL --limit-iface-in -j CONNMARK --set-xmark 0x80/0x80
      -A PREROUTING -i eni+ -m comment --comment "AWS, primary ENI" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80
      COMMIT
      *nat
      :AWS-SNAT-CHAIN-0 - [0:0]
      :KUBE-SERVICES - [0:0]
      :KUBE-SVC-AAAA - [0:0]
      :KUBE-SEP-ONE - [0:0]
      -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A POSTROUTING -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-0
      -A AWS-SNAT-CHAIN-0 -d 192.168.0.0/16 -m comment --comment "AWS SNAT CHAIN" -j RETURN
      -A AWS-SNAT-CHAIN-0 ! -o vlan+ -m comment --comment "AWS, SNAT" -m addrtype ! --dst-type LOCAL -j SNAT --to-source 192.168.0.10
      -A KUBE-SERVICES -d 172.20.0.7/32 -p tcp -m comment --comment "shop/api:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-AAAA
      -A KUBE-SVC-AAAA -m comment --comment "shop/api:http -> 192.168.1.21:8080" -j KUBE-SEP-ONE
      -A KUBE-SEP-ONE -p tcp -m comment --comment "shop/api:http" -m tcp -j DNAT --to-destination 192.168.1.21:8080
      COMMIT
      """;

  private static final String NFT_RULESET =
      """
      table ip nat {
        chain PREROUTING {
          type nat hook prerouting priority dstnat; policy accept;
        }
      }
      table ip aws-cni {
        chain nat-prerouting {
          type nat hook prerouting priority dstnat + 10; policy accept;
          iifname "eni*" counter packets 0 bytes 0 jump snat-mark
        }
        chain snat-mark {
          counter packets 0 bytes 0 ct mark set ct mark | 0x00000080
        }
      }
      """;

  private static final String ENIS =
      """
      {"0":{"TotalIPs":2,"AssignedIPs":1,"ENIs":{"eni-0aaaabbbbccccdddd":{
      "ID":"eni-0aaaabbbbccccdddd","IsPrimary":true,"DeviceNumber":0,"AvailableIPv4Cidrs":{
      "192.168.1.12/32":{"Cidr":{"IP":"192.168.1.12","Mask":"/////w=="},"IPAddresses":{
      "192.168.1.12":{"Address":"192.168.1.12","IPAMKey":{"networkName":"aws-cni",
      "containerID":"%s","ifName":"eth0"},"IPAMMetadata":{"k8sPodNamespace":"shop",
      "k8sPodName":"%s"},"AssignedTime":"2025-05-06T06:58:09Z",
      "UnassignedTime":"0001-01-01T00:00:00Z"}},"IsPrefix":false,"AddressFamily":""}}}}}}
      """
          .formatted(CART_SANDBOX, CART.name());

  private final LinuxCounters counters = new LinuxCounters();
  private final TestNamespace namespace = new TestNamespace();
  private final NamespaceThread thread = new NamespaceThread(counters);

  BundledNode() throws IOException {
    // Addresses that appear by themselves would do so between two readings.
    namespace.exec("sysctl", "-qw", "net.ipv6.conf.default.addr_gen_mode=1");
    List<String> names = List.of("eth0", "eth1", CART_VETH, API_VETH);
    for (String name : names) {
      String peer = "far" + names.indexOf(name);
      wire(
          "link add " + name + " mtu 9001 type veth peer name " + peer,
          "link set " + name + " up",
          "link set " + peer + " up");
    }
    wire(
        "addr add 192.168.0.10/19 dev eth0",
        "addr add 192.168.0.20/19 dev eth1",
        "route del 192.168.0.0/19 dev eth1",
        "route add default via 192.168.0.1 dev eth0 proto dhcp src 192.168.0.10 metric 512",
        "route add 192.168.0.1 dev eth1 scope link table 2",
        "route add default via 192.168.0.1 dev eth1 table 2",
        "route add 192.168.1.12 dev " + CART_VETH + " scope link",
        "route add 192.168.1.21 dev " + API_VETH + " scope link",
        "rule add prio 512 to 192.168.1.12 lookup main",
        "rule add prio 512 to 192.168.1.21 lookup main",
        "rule add prio 1024 fwmark 0x80/0x80 lookup main",
        "rule add prio 1536 from 192.168.1.21 lookup 2",
        "rule add prio 32765 from 192.168.0.20 lookup 2",
        "neigh add 192.168.0.1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent",
        "-6 rule add prio 512 to fd00:1::21 lookup main",
        "-6 addr add fd00::10/64 dev eth0 nodad");
    namespace.exec("ip6tables-nft", "-A", "FORWARD", "-s", "fd00:9::/64", "-j", "DROP");
    Path rules = Files.createTempFile("podhop-rules", ".txt");
    try {
      Files.writeString(rules, RULES);
      namespace.exec("iptables-nft-restore", rules.toString());
    } finally {
      Files.delete(rules);
    }
  }

  private static String allocation(String sandbox, String address, PodRef pod) {
    return """
    {"networkName":"aws-cni","containerID":"%s","ifName":"eth0","ipv4":"%s",\
    "allocationTimestamp":%d,"metadata":{"k8sPodNamespace":"%s","k8sPodName":"%s"}}\
    """
        .formatted(
            sandbox,
            address,
            COLLECTED.minusSeconds(600).getEpochSecond() * 1_000_000_000L,
            pod.namespace(),
            pod.name());
  }

  private void wire(String... lines) throws IOException {
    for (String line : lines) {
      namespace.ip(line.split(" "));
    }
  }

  /** Writes what the collector writes. */
  void collect(Path bundle) throws IOException {
    dump(bundle, "networking/iptables-save.txt", "iptables-nft-save");
    dump(bundle, "networking/ip6tables-save.txt", "ip6tables-nft-save");
    dump(bundle, "networking/iptables.txt", "iptables-nft", "-nvL");
    dump(bundle, "networking/iprule.txt", "ip", "rule", "show");
    dump(bundle, "networking/ip6rule.txt", "ip", "-6", "rule", "show");
    dump(bundle, "networking/iproute.txt", "ip", "route", "show", "table", "all");
    dump(bundle, "networking/ip6route.txt", "ip", "-6", "route", "show", "table", "all");
    dump(bundle, "networking/ifconfig.txt", "ifconfig");
    dump(bundle, "sysctls/sysctl_all.txt", "sysctl", "--all");
    put(bundle, "ipamd/ipam.json", STATE);
    put(bundle, "var_log/aws-routed-eni/ipamd.log", log());
    put(bundle, "system/instance-id.txt", INSTANCE);
    put(bundle, "system/ps.txt", "PID\n");
    put(
        bundle,
        "kernel/uname.txt",
        "Linux ip-192-168-0-10.ec2.internal 6.1.0 #1 SMP x86_64 GNU/Linux\n");
    try (Stream<Path> files = Files.walk(bundle)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.setLastModifiedTime(file, FileTime.from(COLLECTED));
      }
    }
  }

  /** Writes what people are asked for besides what the collector takes. */
  void collectMore(Path bundle) throws IOException {
    dump(bundle, "networking/ipaddr.txt", "ip", "addr");
    dump(bundle, "networking/ipneigh.txt", "ip", "neigh");
    put(bundle, "networking/nft-ruleset.txt", NFT_RULESET);
    put(bundle, "ipamd/enis.json", ENIS);
    put(
        bundle,
        "ipamd/ipamd-env-settings.json",
        "{\"ENABLE_POD_ENI\":false,\"WARM_ENI_TARGET\":1}");
  }

  /** An ADD of cart, whose last line was being written. */
  private static String log() {
    return """
    {"level":"info","ts":"2025-05-06T06:58:09.000Z","caller":"datastore/data_store.go:714",\
    "msg":"assignPodIPAddressUnsafe: Assign IP 192.168.1.12 to sandbox aws-cni/%s/eth0 with \
    metadata {K8SPodNamespace:shop K8SPodName:%s InterfacesCount:1}"}
    {"level":"info","ts":"2025-05-06T06:58:09.100Z","caller":"datastore/data_store.go:714",\
    "msg":"assignPodIPAddressUnsafe: Assign IP 192.168.1.21 to sandbox aws-cni/%s/eth0 with \
    metadata {K8SPodNamespace:shop K8SPodName:%s InterfacesCount:1}"}\
    """
        .formatted(CART_SANDBOX, CART.name(), API_SANDBOX, API.name());
  }

  private void dump(Path bundle, String name, String... command) throws IOException {
    put(bundle, name, namespace.exec(command));
  }

  static void put(Path bundle, String name, String text) throws IOException {
    Path file = bundle.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  /** What rtnetlink says. */
  RouteSnapshot live() throws IOException {
    try (RtNetlink netlink = thread.inNamespace(namespace.path(), () -> RtNetlink.open(counters))) {
      return new RouteReader(counters).read(netlink);
    }
  }

  String text(String... command) throws IOException {
    return namespace.exec(command);
  }

  @Override
  public void close() throws IOException {
    thread.close();
    namespace.close();
  }
}
