package io.podhop.e2e;

import static io.podhop.e2e.LabPods.API;
import static io.podhop.e2e.LabPods.DB;
import static io.podhop.e2e.LabPods.DNS;
import static io.podhop.e2e.LabPods.INTERNET;
import static io.podhop.e2e.LabPods.PAY;
import static io.podhop.e2e.LabPods.WEB;

import java.util.List;
import java.util.stream.Stream;

/** The fault catalogue, by what breaks. Add a row where it belongs: the test runs all of them. */
final class FaultRows {
  private static final String[] API_TO_DB = {API, DB, "--port", "8080"};
  private static final String[] API_TO_DB_UDP = {API, DB, "--port", "7", "--protocol", "udp"};
  private static final String[] API_TO_INTERNET = {API, INTERNET, "--port", "80"};

  private FaultRows() {}

  static Stream<FaultRow> all() {
    return Stream.of(
            vpc(),
            enis(),
            routes(),
            links(),
            firewalls(),
            pods(),
            services(),
            tables(),
            addresses())
        .flatMap(List::stream);
  }

  private static List<FaultRow> vpc() {
    return List.of(
        FaultRow.of("security group drops the request", "sg-drop", API, DB)
            .trace(API_TO_DB)
            .between("node-a eth1", "node-b eth1")
            .cause("(1) a security group", "(2) a network ACL", "(3) the source/destination check")
            .gives("lost-in-vpc"),
        FaultRow.of("the VPC drops the reply", "sg-drop-reply", API, DB)
            .trace(API_TO_DB)
            .between("node-b eth1", "node-a eth1")
            .ofReply()
            .cause("(1) a network ACL", "(3) a security group")
            .gives("lost-in-vpc"),
        FaultRow.of("the VPC adds a delay", "delay", "50")
            .trace(API_TO_DB)
            .degraded("slow: the SYN and its answer together took 1", "node-a eth1 and node-b eth1")
            .gives("delivered"),
        FaultRow.of("the VPC loses every fifth packet", "loss", "20")
            .trace(API, DB, "--port", "8080", "--count", "24", "--timeout", "300ms")
            .ofEither()
            .degraded("random loss", "node-a eth1", "node-b eth1")
            .gives("delivered"));
  }

  private static List<FaultRow> enis() {
    return List.of(
        FaultRow.of("rule 1536 is missing", "missing-1536", API)
            .trace(API_TO_DB)
            .between("node-a eth0", "")
            .cause(
                "192.168.1.21, which belongs to eth1", "rule 1536 (from 192.168.1.21", "is missing")
            .cited("rule 32766 from all lookup main", "has 192.168.1.21/32")
            .gives("wrong-eni"),
        FaultRow.of("rule 1024 is missing", "missing-1024", "node-a")
            .trace(API_TO_INTERNET)
            .between("node-a eth1", "")
            .cause("192.168.0.10, which belongs to eth0", "rule 1024 (", "is missing")
            .cited("rule 1536 from 192.168.1.21 lookup 2", "mark=128")
            .gives("wrong-eni"),
        FaultRow.of("nothing sets the connmark", "missing-connmark", "node-a")
            .trace(API_TO_INTERNET)
            .between("node-a eth1", "")
            .cause("192.168.0.10, which belongs to eth0", "no rule marks the connection")
            .cited("rule 1536 from 192.168.1.21 lookup 2", "mark=0 ")
            .gives("wrong-eni"),
        FaultRow.of("marked before kube-proxy's DNAT", "connmark-first", "node-a")
            .trace(API, "svc/shop/db")
            .between("node-a eth0", "")
            .cause("belongs to eth1")
            .cited("mark=128")
            .gives("wrong-eni"));
  }

  private static List<FaultRow> routes() {
    return List.of(
        FaultRow.of("ip_forward is 0", "ip-forward-off", "node-b")
            .trace(API_TO_DB)
            .between("node-b eth1", "node-b {shop/db-0}")
            .cause("does not forward", "net.ipv4.conf.eth1.forwarding = 0")
            .cited("IP_INADDRERRORS")
            .gives("lost-on-node"),
        FaultRow.of("a route is a black hole", "blackhole-route", "node-a", "192.168.33.0/24")
            .trace(API_TO_DB)
            .between("node-a {shop/api-5b8d9c7f44-q8w2z}", "node-a eth1")
            .cause("as blackhole")
            .cited("table 2: blackhole 192.168.33.0/24", "rule 1536 from 192.168.1.21 lookup 2")
            .gives("lost-on-node"),
        FaultRow.of("the host route of the pod is missing", "no-host-route", DB)
            .trace(API_TO_DB)
            .between("node-b eth1", "node-b {shop/db-0}")
            .cause("the host route of 192.168.33.21 is missing on node-b", "out again by eth0")
            .cited("rule 512 from all to 192.168.33.21 lookup main", "192.168.32.0/19 dev eth0")
            .gives("lost-on-node"),
        FaultRow.of("rp_filter is strict", "strict-rp", "node-a")
            .trace(API_TO_INTERNET)
            .between("node-a eth0", "node-a {shop/api-5b8d9c7f44-q8w2z}")
            .ofReply()
            .cause("rp_filter drops it", "came in by eth0", "the way back to it is by eth1")
            .cited(
                "net.ipv4.conf.eth0.rp_filter = 1",
                "rule 1536 from 192.168.1.21 lookup 2",
                "IP_RPFILTER")
            .gives("rp-filter"),
        FaultRow.of("rule 512 is missing: a loop", "missing-512", PAY)
            .trace(API, PAY, "--port", "8080")
            .cause("TTL falling from")
            .gives("routing-loop"));
  }

  private static List<FaultRow> links() {
    return List.of(
        FaultRow.of("the default route of the pod is missing", "no-pod-route", API)
            .trace(API_TO_DB)
            .between("", "api-5b8d9c7f44-q8w2z eth0")
            .cause("has no route to 192.168.33.21")
            .cited("Network is unreachable")
            .gives("lost-in-pod"),
        FaultRow.of("static ARP entry of the pod is wrong", "wrong-static-arp", API)
            .trace(API_TO_DB)
            .between("node-a {shop/api-5b8d9c7f44-q8w2z}", "node-a eth1")
            .cause("the pod sends to 02:00:5e:00:53:01", "static entry of the gateway is wrong")
            .cited("lladdr 02:00:5e:00:53:01 PERMANENT", "OTHERHOST")
            .gives("lost-on-node"),
        FaultRow.of("the host's end of the veth pair is down", "veth-down", DB)
            .trace(API_TO_DB)
            .between("node-b eth1", "node-b {shop/db-0}")
            .gives("lost-on-node"),
        FaultRow.of("no neighbour answers", "unreachable-neighbour", "node-a")
            .trace(API, DB, "--port", "8080", "--timeout", "5s")
            .between("node-a {shop/api-5b8d9c7f44-q8w2z}", "node-a eth1")
            .ofReply()
            .cause("ICMP error from node-a", "no neighbour of node-a answered for its next hop")
            .cited("NEIGH_FAILED", "ICMP type 3 code 1 from 192.168.0.10")
            .gives("refused"),
        FaultRow.of("a neighbour entry is stale", "stale-neighbour", "node-a", DB)
            .trace(API_TO_DB)
            .between("node-a eth1", "node-b eth1")
            .cited("table 2: 192.168.33.21 dev eth1 scope link")
            .gives("lost-in-vpc"));
  }

  private static List<FaultRow> firewalls() {
    return List.of(
        FaultRow.of("policy of FORWARD is DROP", "forward-drop", "node-b")
            .trace(API_TO_DB)
            .between("node-b eth1", "node-b {shop/db-0}")
            .cause("the policy of chain FORWARD of table filter is DROP")
            .cited("policy DROP", "NETFILTER_DROP")
            .gives("firewall-drop"),
        FaultRow.of("a firewall drops", "firewall-drop", "node-b", DB)
            .trace(API_TO_DB)
            .between("node-b eth1", "node-b {shop/db-0}")
            .cause("HOST-FIREWALL", "-d 192.168.33.21/32 -j DROP")
            .cited("HOST-FIREWALL #1 -d 192.168.33.21/32 -j DROP", "NETFILTER_DROP")
            .gives("firewall-drop"),
        FaultRow.of("a firewall rejects", "firewall-reject", "node-b", DB)
            .trace(API_TO_DB)
            .ofReply()
            .cause("from node-b", "a rule of chain HOST-FIREWALL of table filter rejects it")
            .cited("HOST-FIREWALL #1 -d 192.168.33.21/32 -j REJECT")
            .gives("refused"));
  }

  private static List<FaultRow> pods() {
    return List.of(
        FaultRow.of("nothing listens on the port", "closed-port", DB)
            .trace(API_TO_DB)
            .ofReply()
            .cause("RST", DB, "nothing listens on tcp/8080")
            .gives("refused"),
        FaultRow.of("the accept queue is full", "listen-overflow", DB)
            .trace(API_TO_DB)
            .between("db-0 eth0", "")
            .cause("the accept queue of tcp/8080 in pod shop/db-0 is full")
            .cited(
                "TcpExtListenOverflows of shop/db-0 rose by 1", "connections wait to be accepted")
            .gives("no-answer"),
        FaultRow.of("the process is stopped", "stopped", DB)
            .trace(API_TO_DB_UDP)
            .between("db-0 eth0", "")
            .cause("the process that listens on udp/7 in pod shop/db-0 is stopped (SIGSTOP)")
            .cited("socket udp 0.0.0.0:7 of shop/db-0")
            .gives("no-answer"),
        FaultRow.of("the UDP receive buffer is full", "udp-buffer-full", DB)
            .trace(API_TO_DB_UDP)
            .between("db-0 eth0", "")
            .cause("is stopped (SIGSTOP)", "the receive buffer of udp/7 in pod shop/db-0 is full")
            .cited("UdpRcvbufErrors of shop/db-0 rose by 1")
            .gives("no-answer"));
  }

  private static List<FaultRow> services() {
    return List.of(
        FaultRow.of("the service has no endpoint", "no-endpoints", "shop/db")
            .trace(API, "svc/shop/db")
            .ofReply()
            .cause("from node-a", "shop/db", "has no endpoints")
            .cited("KUBE-SERVICES #", "-d 10.100.0.54/32", "-j REJECT")
            .gives("refused"),
        FaultRow.of("one of two backends is dead", "dead-backend", "shop/db")
            .trace(API, "svc/shop/db", "--count", "12", "--timeout", "300ms")
            .cause("1 of 2 backends dead", "192.168.33.250 answered 0 of")
            .cited("--to-destination 192.168.33.250")
            .unproven()
            .gives("lost-in-vpc"),
        dns("NXDOMAIN", "dns-nxdomain").cause("NXDOMAIN").gives("dns-failed"),
        dns("SERVFAIL", "dns-servfail").cause("SERVFAIL").gives("dns-failed"),
        dns("nothing", "dns-timeout").between("", "").cause("timeout").gives("dns-failed"));
  }

  private static FaultRow.Draft dns(String says, String fault) {
    return FaultRow.of("DNS says " + says, fault, DNS)
        .trace(WEB, "svc/infra/dns", "--protocol", "udp", "--port", "53", "--timeout", "10s")
        .traffic("dig", "+time=1", "+tries=1", "@10.100.0.10", "www.example.com");
  }

  private static List<FaultRow> addresses() {
    return List.of(
        FaultRow.of(
                "an address is used again within its cooldown",
                "recycle",
                "shop/db-1",
                "shop/new-0")
            .trace(API, "shop/new-0", "--port", "8080")
            .degraded(
                "192.168.33.22 was shop/db-1's until",
                "and shop/new-0 got it",
                "later, within the cooldown")
            .gives("delivered"),
        noAddress("node-a", "subnet", "the subnet has no free addresses"),
        noAddress("node-b", "instance-limit", "as many ENIs and addresses as its type may have"));
  }

  private static FaultRow noAddress(String node, String reason, String cause) {
    String pod = "shop/late-" + reason;
    return FaultRow.of("no address: " + reason, "no-address", node, pod, "--reason", reason)
        .trace(pod, DB, "--port", "8080")
        .cause(pod, "never got an address", cause)
        .gives("no-address");
  }

  private static List<FaultRow> tables() {
    return List.of(
        FaultRow.of("no source port is left", "snat-exhausted", "node-a")
            .trace(API_TO_INTERNET)
            .between("node-a {shop/api-5b8d9c7f44-q8w2z}", "")
            .cause("no free source port")
            .cited("insert_failed of node-a rose by 1", "NETFILTER_DROP")
            .gives("snat-exhausted"),
        FaultRow.of("the conntrack table is full", "conntrack-full", "node-a")
            .trace(API_TO_DB)
            .between("node-a {shop/api-5b8d9c7f44-q8w2z}", "")
            .cause("took no new connection")
            .cited("drop of node-a rose by 1", "net.netfilter.nf_conntrack_max = ")
            .gives("conntrack-full"),
        FaultRow.of(
                "conntrack keeps a dead backend", "stale-conntrack", "node-a", API, "192.168.33.29")
            .trace(API, "svc/infra/dns", "--protocol", "udp", "--port", "53", "--timeout", "10s")
            .traffic(
                "dig", "-b", "0.0.0.0#4053", "+time=1", "+tries=1", "@10.100.0.10", "example.com")
            .cause("192.168.33.29", "no endpoint of service infra/dns")
            .gives("recycled-address"));
  }
}
