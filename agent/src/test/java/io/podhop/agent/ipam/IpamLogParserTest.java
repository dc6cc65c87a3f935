package io.podhop.agent.ipam;

import static io.podhop.agent.ipam.LogLines.CID;
import static io.podhop.agent.ipam.LogLines.OTHER_CID;
import static io.podhop.agent.ipam.LogLines.assign;
import static io.podhop.agent.ipam.LogLines.facts;
import static io.podhop.agent.ipam.LogLines.ip;
import static io.podhop.agent.ipam.LogLines.json;
import static io.podhop.agent.ipam.LogLines.parse;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.PodRef;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpamLogParserTest {
  private static final PodRef WEB = new PodRef("shop", "web-0");
  private static final String AT = "2026-03-01T10:00:00.123Z";
  private static final Instant THEN = Instant.parse(AT);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "AssignPodIPv4Address Assign IP 10.1.2.3 to pod (name web-0, namespace shop container CID)",
        "AssignPodIPv4Address: Assign IP 10.1.2.3 to pod (name web-0, namespace shop sandbox CID)",
        "AssignPodIPv4Address: Assign IP 10.1.2.3 to sandbox aws-cni/CID/eth0",
        "assignPodIPAddressUnsafe: Assign IP 10.1.2.3 to sandbox aws-cni/CID/eth0",
        "assignPodIPAddressUnsafe: Assign IP 10.1.2.3 to sandbox aws-cni/CID/eth0 with metadata"
            + " {K8SPodNamespace:shop K8SPodName:web-0 InterfacesCount:1}",
      })
  void parse_assignOfAnyRelease_sameAssignment(String message) {
    String text = message.replace("CID", CID);
    List<String> lines =
        List.of(
            "2026-03-01T10:00:00.123Z [INFO] " + text,
            "2026-03-01T10:00:00.123Z [INFO]\t" + text,
            "2026-03-01T10:00:00.123Z [INFO] \t" + text,
            json("2026-03-01T10:00:00.123Z", text),
            json("2026-03-01T19:00:00.123+0900", text));

    for (String line : lines) {
      assertThat(facts(line))
          .singleElement()
          .isInstanceOfSatisfying(
              IpamEvent.Assigned.class,
              event -> {
                assertThat(event.at()).isEqualTo(THEN);
                assertThat(event.address()).isEqualTo(ip("10.1.2.3"));
                assertThat(event.containerId()).isEqualTo(CID);
                assertThat(event.interfaceName()).isEqualTo("eth0");
                assertThat(event.pod().isEmpty() || event.pod().equals(Optional.of(WEB))).isTrue();
              });
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UnAssignPodIPv4Address: Unassign IP 10.1.2.3 from sandbox aws-cni/CID/eth0",
        "unassignPodIPAddressUnsafe: Unassign IP 10.1.2.3 from sandbox aws-cni/CID/eth0",
        "UnassignPodIPAddress: sandbox aws-cni/CID/eth0's ipAddr 10.1.2.3, DeviceNumber 1",
        "UnassignPodIPv4Address: pod (Name: web-0, NameSpace shop Sandbox CID)'s ipAddr 10.1.2.3,"
            + " DeviceNumber1",
        "UnAssignIPv4Address: pod (Name: web-0, NameSpace shop Container CID)'s ipAddr 10.1.2.3,"
            + " DeviceNumber1",
      })
  void parse_unassignOfAnyRelease_sameRelease(String message) {
    assertThat(facts(json(AT, message.replace("CID", CID))))
        .singleElement()
        .isInstanceOfSatisfying(
            IpamEvent.Unassigned.class,
            event -> {
              assertThat(event.address()).isEqualTo(ip("10.1.2.3"));
              assertThat(event.containerId()).isEqualTo(CID);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          IPv4Addr 10.1.2.3, DeviceNumber: 0, err: <nil> | 0 | 254
          IPv4Addr 10.1.2.3, IPv6Addr: , DeviceNumber: 2, err: <nil> | 2 | 3
          IPv4Addr: 10.1.2.3, IPv6Addr: , DeviceNumber: 1, err: <nil> | 1 | 2
          Success: true IPAddr: [IPv4Addr:"10.1.2.3"  RouteTableId:254], resp: Success:true, err: <nil> | 0 | 254
          Success: true IPAddr: [IPv4Addr:"10.1.2.3" DeviceNumber:1 RouteTableId:2], resp: Success:true  IPAllocationMetadata:{IPv4Addr:"10.1.2.3"  DeviceNumber:1  RouteTableId:2}, err: <nil> | 1 | 2
          Success: true IPAddr: [IPv4Addr:"10.1.2.3"  DeviceNumber:-1], resp: Success:true  IPAllocationMetadata:{IPv4Addr:"10.1.2.3"  DeviceNumber:-1}  PodVlanId:7, err: <nil> | -1 | 107
          """)
  void parse_addReply_deviceAndTable(String reply, int device, int table) {
    assertThat(facts(json(AT, "Send AddNetworkReply: " + reply)))
        .containsExactly(
            new IpamEvent.AddReply(
                THEN, ip("10.1.2.3"), "", OptionalInt.of(device), OptionalInt.of(table)));
  }

  @Test
  void parse_addReplyOfTwoInterfaces_bothAddresses() {
    String one = "IPv4Addr:\"10.1.2.3\" RouteTableId:254";
    String two = "IPv4Addr:\"10.1.9.9\" DeviceNumber:1 RouteTableId:10101";
    String message =
        "Send AddNetworkReply: Success: true IPAddr: ["
            + one
            + " "
            + two
            + "], resp: Success:true "
            + "IPAllocationMetadata:{"
            + one
            + "} IPAllocationMetadata:{"
            + two
            + "}, err: <nil>";

    assertThat(facts(json(AT, message)))
        .extracting(event -> ((IpamEvent.AddReply) event).routeTable().getAsInt())
        .containsExactly(254, 10101);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Send AddNetworkReply: IPv4Addr , DeviceNumber: 0, err: no available IP addresses",
        "Send AddNetworkReply: Success: false IPAddr: [], resp: , err: no available IP/Prefix",
        "DataStore has no available IP/Prefix addresses",
        "Send AddNetworkReply: failed to get Branch ENI resource",
        "Failed to assign an IP address to pod web-0, namespace shop container abc",
      })
  void parse_failedAdd_noAddressWithReason(String message) {
    assertThat(facts(json(AT, message)))
        .singleElement()
        .isInstanceOfSatisfying(
            IpamEvent.NoAddress.class, event -> assertThat(event.reason()).isNotBlank());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          SetupPodNetwork: hostVethName=eni1, contVethName=eth0, netnsPath=/n, ipAddr=10.1.2.3/32, routeTableNumber=3, mtu=9001 | 3
          SetupPodNetwork: hostVethName=eni1, contVethName=eth0, netnsPath=/n, v4Addr=10.1.2.3/32, v6Addr=<nil>, deviceNumber=2, mtu=9001 | 3
          SetupBranchENIPodNetwork: hostVethName=eni1, contVethName=eth0, netnsPath=/n, ipAddr=10.1.2.3/32, vlanID=3, eniMAC=02:00, subnetGW=10.1.0.1, parentIfIndex=7, mtu=9001, podSGEnforcingMode=strict | 103
          """)
  void parse_setup_vethAddressAndTable(String message, int table) {
    assertThat(facts(json(AT, message)))
        .first()
        .isInstanceOfSatisfying(
            IpamEvent.SetupPodNetwork.class,
            event -> {
              assertThat(event.hostVeth()).isEqualTo("eni1");
              assertThat(event.netnsPath()).isEqualTo("/n");
              assertThat(event.address()).contains(ip("10.1.2.3"));
              assertThat(event.routeTable()).hasValue(table);
            });
  }

  @Test
  void parse_setupBeforeAddressWasLogged_vethAndTableOnly() {
    String message =
        "SetupNS: hostVethName=eni1,contVethName=eth0, netnsPath=/proc/7/ns/net table=2\\n";

    assertThat(facts("2019-03-12T20:40:43Z [DEBUG] " + message))
        .containsExactly(
            new IpamEvent.SetupPodNetwork(
                Instant.parse("2019-03-12T20:40:43Z"),
                "eni1",
                "eth0",
                "/proc/7/ns/net",
                Optional.empty(),
                OptionalInt.empty(),
                OptionalInt.empty()));
  }

  @Test
  void parse_requests_podByContainer() {
    String args = "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0;IgnoreUnknown=1";
    String request =
        " request: ContainerID(" + CID + ") Netns(/n) IfName(eth0) Args(" + args + ") Path()";
    String proto =
        "K8S_POD_NAME:\"web-0\"  K8S_POD_NAMESPACE:\"shop\" ContainerID:\""
            + CID
            + "\" IfName:\"eth0\"";

    assertThat(
            facts(
                String.join(
                    "\n",
                    json(AT, "Received CNI add" + request),
                    json(AT, "AddNetworkRequest: " + proto + " Netns:\"/n\""),
                    json(AT, "Received CNI del" + request),
                    json(AT, "DelNetworkRequest: " + proto + " Reason:\"PodDeleted\""))))
        .containsExactly(
            new IpamEvent.SandboxNamed(THEN, CID, Optional.of(WEB), "eth0", "/n"),
            new IpamEvent.SandboxNamed(THEN, CID, Optional.of(WEB), "eth0", "/n"),
            new IpamEvent.DelRequested(THEN, CID, Optional.of(WEB)),
            new IpamEvent.DelRequested(THEN, CID, Optional.of(WEB)));
  }

  @Test
  void accept_awsErrorOverTwoLines_oneRecord() {
    IpamLogParser parser = new IpamLogParser((_, _) -> {});
    parser.accept("2018-03-01T02:51:14Z [ERROR] Failed to CreateNetworkInterface X: nothing free.");
    parser.accept("\tstatus code: 400, request id: 1");

    assertThat(parser.records()).isEqualTo(1);
    assertThat(parser.continuations()).isEqualTo(1);
    assertThat(parser.unparsed()).isZero();
  }

  @Test
  void accept_prettyPrintedRecord_read() {
    String pretty =
        assign(AT, "10.1.2.3", CID, "shop", "web-0")
            .replace("{\"level", "{\n  \"level")
            .replace(",\"", ",\n  \"")
            .replaceFirst("}$", "\n}");

    assertThat(pretty.lines().count()).isEqualTo(6);
    assertThat(facts(pretty)).singleElement().isInstanceOf(IpamEvent.Assigned.class);
  }

  @Test
  void accept_cutLines_assignmentSurvives() {
    String line = assign(AT, "10.1.2.3", CID, "shop", "web-0");
    String seelog =
        "2026-03-01T10:00:00Z [INFO] assignPod: Assign IP 10.1.2.3 to sandbox aws-cni/"
            + CID
            + "/eth0";
    List<String> cut =
        List.of(
            line.substring(0, line.indexOf("InterfacesCount")),
            line.substring(0, line.length() - 1),
            line.substring(line.indexOf("\"msg\"")),
            line.substring(line.indexOf("assignPod")),
            line.substring(3),
            seelog.substring(5),
            seelog.substring(seelog.indexOf("Assign IP")));

    for (String part : cut) {
      assertThat(facts(part + "\n" + json(AT, "next")))
          .as(part)
          .first()
          .isInstanceOfSatisfying(
              IpamEvent.Assigned.class, e -> assertThat(e.containerId()).isEqualTo(CID));
    }
  }

  @Test
  void accept_twoRecordsInOneLine_bothRead() {
    String one = assign(AT, "10.1.2.3", CID, "shop", "web-0");
    String two = assign(AT, "10.1.2.4", OTHER_CID, "shop", "web-1");

    assertThat(facts(one + two)).hasSize(2);
    assertThat(facts(one.substring(0, 60) + two)).hasSize(1);
  }

  @Test
  void accept_mutatedLines_untouchedAssignmentsNeverLost() {
    Random random = new Random(20260301);
    for (int round = 0; round < 300; round++) {
      List<String> lines = new ArrayList<>();
      int untouched = 0;
      for (int i = 0; i < 20; i++) {
        String line = assign(AT, "10.1." + round % 250 + "." + i, CID, "shop", "web-" + i);
        boolean touch = random.nextInt(3) == 0;
        untouched += touch ? 0 : 1;
        lines.add(touch ? mutate(line, random) : line);
      }
      List<IpamEvent> events = parse(String.join("\n", lines));
      long assigned =
          events.stream()
              .filter(e -> e instanceof IpamEvent.Assigned a && a.pod().isPresent())
              .count();
      assertThat(assigned).as("round %d", round).isGreaterThanOrEqualTo(untouched);
    }
  }

  /** Damage that a line can take without swallowing its neighbours. */
  private static String mutate(String line, Random random) {
    int at = random.nextInt(line.length());
    return switch (random.nextInt(5)) {
      case 0 -> line.substring(0, at);
      case 1 -> line.substring(at);
      case 2 -> line.substring(0, at) + (char) random.nextInt(32, 0x300) + line.substring(at);
      case 3 -> line.substring(0, at) + line.substring(Math.min(line.length(), at + 9));
      default -> line.substring(0, at) + "\uFFFD\u0000\"\\" + line.substring(at);
    };
  }
}
