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
            .cause("security group")
            .gives("lost-in-vpc"),
        FaultRow.of("the VPC drops the reply", "sg-drop-reply", API, DB)
            .trace(API_TO_DB)
            .between("node-b eth1", "node-a eth1")
            .ofReply()
            .cause("network ACL")
            .gives("lost-in-vpc"),
        FaultRow.of("the VPC adds a delay", "delay", "50")
            .trace(API_TO_DB)
            .degraded("slow: the SYN and its answer together took 1", "node-a eth1 and node-b eth1")
            .gives("delivered"));
  }

  private static List<FaultRow> enis() {
    return List.of(
        FaultRow.of("rule 1536 is missing", "missing-1536", API)
            .trace(API_TO_DB)
            .between("node-a eth0", "")
            .cause("192.168.1.21 belongs to eth1")
            .cited("rule 32766 from all lookup main")
            .gives("wrong-eni"),
        FaultRow.of("rule 1024 is missing", "missing-1024", "node-a")
            .trace(API_TO_INTERNET)
            .between("node-a eth1", "")
            .cause("192.168.0.10 belongs to eth0")
            .cited("rule 1536 from 192.168.1.21 lookup 2")
            .gives("wrong-eni"),
        FaultRow.of("nothing sets the connmark", "missing-connmark", "node-a")
            .trace(API_TO_INTERNET)
            .between("node-a eth1", "")
            .cause("192.168.0.10 belongs to eth0")
            .cited("mark=0 ")
            .gives("wrong-eni"),
        FaultRow.of("marked before kube-proxy's DNAT", "connmark-first", "node-a")
            .trace(API, "svc/shop/db")
            .between("node-a eth0", "")
            .cause("192.168.1.21 belongs to eth1")
            .cited("mark=128")
            .gives("wrong-eni"));
  }

  private static List<FaultRow> routes() {
    return List.of(
        FaultRow.of("ip_forward is 0", "ip-forward-off", "node-b")
            .trace(API_TO_DB)
            .between("node-b eth1", "node-b {shop/db-0}")
            .gives("lost-on-node"),
        FaultRow.of("a route is a black hole", "blackhole-route", "node-a", "192.168.33.0/24")
            .trace(API_TO_DB)
            .between("node-a {shop/api-5b8d9c7f44-q8w2z}", "node-a eth1")
            .gives("lost-on-node"),
        FaultRow.of("the host route of the pod is missing", "no-host-route", DB)
            .trace(API_TO_DB)
            .between("node-b eth1", "node-b {shop/db-0}")
            .gives("lost-on-node"),
        FaultRow.of("rp_filter is strict", "strict-rp", "node-a")
            .trace(API_TO_INTERNET)
            .between("node-a eth0", "node-a {shop/api-5b8d9c7f44-q8w2z}")
            .ofReply()
            .gives("lost-on-node"),
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
            .cause("its default route is missing")
            .cited("Network is unreachable")
            .gives("lost-in-pod"),
        FaultRow.of("static ARP entry of the pod is wrong", "wrong-static-arp", API)
            .trace(API_TO_DB)
            .between("node-a {shop/api-5b8d9c7f44-q8w2z}", "node-a eth1")
            .gives("lost-on-node"),
        FaultRow.of("no neighbour answers", "unreachable-neighbour", "node-a")
            .trace(API_TO_DB)
            .between("node-a {shop/api-5b8d9c7f44-q8w2z}", "node-a eth1")
            .gives("lost-on-node"),
        FaultRow.of("a neighbour entry is stale", "stale-neighbour", "node-a", DB)
            .trace(API_TO_DB)
            .gives("lost-in-vpc"));
  }

  private static List<FaultRow> firewalls() {
    return List.of(
        FaultRow.of("policy of FORWARD is DROP", "forward-drop", "node-b")
            .trace(API_TO_DB)
            .between("node-b eth1", "node-b {shop/db-0}")
            .gives("lost-on-node"),
        FaultRow.of("a firewall drops", "firewall-drop", "node-b", DB)
            .trace(API_TO_DB)
            .between("node-b eth1", "node-b {shop/db-0}")
            .gives("lost-on-node"),
        FaultRow.of("a firewall rejects", "firewall-reject", "node-b", DB)
            .trace(API_TO_DB)
            .ofReply()
            .cause("from node-b")
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
            .gives("no-answer"),
        FaultRow.of("the process is stopped", "stopped", DB)
            .trace(API_TO_DB_UDP)
            .between("db-0 eth0", "")
            .gives("no-answer"),
        FaultRow.of("the UDP receive buffer is full", "udp-buffer-full", DB)
            .trace(API_TO_DB_UDP)
            .between("db-0 eth0", "")
            .gives("no-answer"));
  }

  private static List<FaultRow> services() {
    return List.of(
        FaultRow.of("the service has no endpoint", "no-endpoints", "shop/db")
            .trace(API, "svc/shop/db")
            .ofReply()
            .cause("from node-a")
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
            .gives("lost-on-node"),
        FaultRow.of("the conntrack table is full", "conntrack-full", "node-a")
            .trace(API_TO_DB)
            .between("node-a {shop/api-5b8d9c7f44-q8w2z}", "")
            .gives("lost-on-node"),
        FaultRow.of(
                "conntrack keeps a dead backend", "stale-conntrack", "node-a", API, "192.168.33.29")
            .trace(API, "svc/infra/dns", "--protocol", "udp", "--port", "53", "--timeout", "10s")
            .traffic(
                "dig", "-b", "0.0.0.0#4053", "+time=1", "+tries=1", "@10.100.0.10", "example.com")
            .cause("192.168.33.29", "no endpoint of service infra/dns")
            .gives("recycled-address"));
  }
}
