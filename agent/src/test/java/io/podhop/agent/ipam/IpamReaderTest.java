package io.podhop.agent.ipam;

import static io.podhop.agent.ipam.LogLines.CID;
import static io.podhop.agent.ipam.LogLines.OTHER_CID;
import static io.podhop.agent.ipam.LogLines.assign;
import static io.podhop.agent.ipam.LogLines.ip;
import static io.podhop.agent.ipam.LogLines.json;
import static io.podhop.agent.ipam.LogLines.reply;
import static io.podhop.agent.ipam.LogLines.unassign;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.PodRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IpamReaderTest {
  private static final PodRef WEB = new PodRef("shop", "web-0");
  private static final PodRef DB = new PodRef("shop", "db-0");
  private static final String T0 = "2026-03-01T10:00:00.000Z";
  private static final String T1 = "2026-03-01T10:10:00.000Z";
  private static final String T2 = "2026-03-01T10:20:00.000Z";

  private IpamReader reader;

  @TempDir Path logs;
  @TempDir Path state;

  @BeforeEach
  void setUp() {
    reader = new IpamReader(logs, state);
  }

  @AfterEach
  void tearDown() {
    reader.close();
  }

  @Test
  void poll_addressPassedOn_holderIsWhoHeldItThen() throws IOException {
    ipamd(assign(T0, "10.1.2.3", CID, "shop", "web-0"));
    ipamd(reply(T0, "10.1.2.3", "DeviceNumber:1  RouteTableId:2"));
    ipamd(unassign(T1, "10.1.2.3", CID));
    ipamd(assign(T2, "10.1.2.3", OTHER_CID, "shop", "db-0"));
    IpamSnapshot snapshot = reader.poll();

    assertThat(snapshot.historyOf(ip("10.1.2.3"))).hasSize(2);
    assertThat(holder(snapshot, "2026-03-01T09:59:59Z")).isEqualTo("nobody");
    assertThat(holder(snapshot, T0)).isEqualTo("shop/web-0");
    assertThat(holder(snapshot, "2026-03-01T10:09:59.999Z")).isEqualTo("shop/web-0");
    assertThat(holder(snapshot, T1)).isEqualTo("nobody");
    assertThat(holder(snapshot, T2)).isEqualTo("shop/db-0");
    Allocation first = snapshot.historyOf(ip("10.1.2.3")).getFirst();
    assertThat(first.deviceNumber()).hasValue(1);
    assertThat(first.routeTable()).hasValue(2);
    assertThat(first.evidence().began().toString())
        .startsWith("ipamd.log: assignPodIPAddressUnsafe: Assign IP");
    assertThat(snapshot.current()).extracting(Allocation::containerId).containsExactly(OTHER_CID);
  }

  @Test
  void poll_interleavedAdds_joinedByContainer() throws IOException {
    ipamd(request(T0, CID, "web-0"));
    ipamd(request(T0, OTHER_CID, "db-0"));
    ipamd(
        json(
            T0,
            "AssignPodIPv4Address: Assign IP 10.1.2.4 to sandbox aws-cni/" + OTHER_CID + "/eth0"));
    ipamd(json(T0, "AssignPodIPv4Address: Assign IP 10.1.2.3 to sandbox aws-cni/" + CID + "/eth0"));
    IpamSnapshot snapshot = reader.poll();

    assertThat(snapshot.current()).extracting(a -> a.pod().orElseThrow()).containsExactly(WEB, DB);
  }

  @Test
  void poll_pluginLog_addsVethAndTable() throws IOException {
    ipamd(assign(T0, "10.1.2.3", CID, "shop", "web-0"));
    plugin(cniAdd("2026-03-01T19:00:00.000+0900", CID, "web-0", "/var/run/netns/cni-1"));
    plugin(setup(T0, "eni1", "/var/run/netns/cni-1", "10.1.2.3", "routeTableNumber=2"));

    Allocation allocation = reader.poll().current().getFirst();
    assertThat(allocation.hostVeth()).isEqualTo("eni1");
    assertThat(allocation.routeTable()).hasValue(2);
    assertThat(allocation.from()).isEqualTo(Instant.parse(T0));
  }

  @Test
  void poll_branchPodInPluginLogOnly_heldUntilDel() throws IOException {
    plugin(cniAdd(T0, CID, "web-0", "/n1"));
    plugin(
        json(
            T0,
            "SetupBranchENIPodNetwork: hostVethName=vlan1, contVethName=eth0, netnsPath=/n1,"
                + " ipAddr=10.1.2.3/32, vlanID=4, eniMAC=02:00, subnetGW=10.1.0.1,"
                + " parentIfIndex=7, mtu=9001, podSGEnforcingMode=strict"));
    writeState("{\"version\":\"vpc-cni-ipam/1\",\"allocations\":[]}", T1);

    Allocation held = reader.poll().current().getFirst();
    assertThat(held.pod()).contains(WEB);
    assertThat(held.routeTable()).hasValue(104);
    assertThat(held.deviceNumber()).hasValue(-1);

    plugin(cniAdd(T2, CID, "web-0", "/n1").replace("CNI add", "CNI del"));
    assertThat(reader.poll().current()).isEmpty();
  }

  @Test
  void poll_stateFile_isTheTruthAboutNow() throws IOException {
    ipamd(assign(T0, "10.1.2.3", CID, "shop", "web-0"));
    ipamd(assign(T0, "10.1.2.4", OTHER_CID, "shop", "db-0"));
    writeState(stateOf("10.1.2.4", OTHER_CID, "db-0"), T1);
    IpamSnapshot snapshot = reader.poll();

    assertThat(snapshot.current()).extracting(Allocation::address).containsExactly(ip("10.1.2.4"));
    assertThat(snapshot.historyOf(ip("10.1.2.3")).getFirst().until()).contains(Instant.parse(T1));
  }

  @Test
  void poll_stateFileWithoutLogs_allocationsWithTheirTime() throws IOException {
    writeState(stateOf("10.1.2.3", CID, "web-0"), T1);
    IpamSnapshot snapshot = reader.poll();

    Allocation allocation = snapshot.current().getFirst();
    assertThat(allocation.pod()).contains(WEB);
    assertThat(allocation.from()).isEqualTo(Instant.parse(T0));
    assertThat(allocation.evidence().began().toString()).startsWith("ipam.json: {");
    assertThat(snapshot.warnings())
        .anyMatch(w -> w.contains("ipamd.log is missing"))
        .anyMatch(w -> w.contains("plugin.log is missing"));
  }

  @Test
  void poll_stateOfOldRelease_heldSinceTheFileWasWritten() throws IOException {
    writeState(
        "{\"version\":\"vpc-cni-ipam/1\",\"allocations\":[{\"networkName\":\"_migrated-from-cri\","
            + "\"containerID\":\""
            + CID
            + "\",\"ifName\":\"unknown\",\"ipv4\":\"10.1.2.3\"}]}",
        T1);

    Allocation allocation = reader.poll().current().getFirst();
    assertThat(allocation.from()).isEqualTo(Instant.parse(T1));
    assertThat(allocation.pod()).isEmpty();
    assertThat(allocation.interfaceName()).isEqualTo("unknown");
  }

  @Test
  void poll_secondNetworkCard_bothStateFilesCount() throws IOException {
    writeState(stateOf("10.1.2.3", CID, "web-0"), T1);
    Files.writeString(state.resolve("ipam-nic-1.json"), stateOf("10.1.9.9", CID, "web-0"));

    assertThat(reader.poll().current())
        .extracting(Allocation::address)
        .containsExactly(ip("10.1.2.3"), ip("10.1.9.9"));
  }

  @Test
  void poll_malformedState_lastGoodOneStandsAndIsCounted() throws IOException {
    writeState(stateOf("10.1.2.3", CID, "web-0"), T1);
    reader.poll();
    writeState("{\"version\":\"vpc-cni-ipam/1\",\"allo", T2);
    IpamSnapshot snapshot = reader.poll();

    assertThat(snapshot.current()).hasSize(1);
    assertThat(snapshot.counters().malformedStates()).isEqualTo(1);
    assertThat(snapshot.warnings()).anyMatch(w -> w.contains("the last good one stands"));
  }

  @Test
  void poll_logAheadOfState_laterAssignmentStands() throws IOException {
    writeState("{\"version\":\"vpc-cni-ipam/1\",\"allocations\":[]}", T0);
    ipamd(assign(T1, "10.1.2.3", CID, "shop", "web-0"));
    assertThat(reader.poll().current()).hasSize(1);

    ipamd(unassign(T2, "10.1.2.3", CID));
    writeState(stateOf("10.1.2.3", CID, "web-0"), T1);
    assertThat(reader.poll().current()).isEmpty();
  }

  @Test
  void poll_stateAheadOfLog_releaseTimeIsTheLogs() throws IOException {
    ipamd(assign(T0, "10.1.2.3", CID, "shop", "web-0"));
    writeState("{\"version\":\"vpc-cni-ipam/1\",\"allocations\":[]}", T2);
    assertThat(reader.poll().current()).isEmpty();

    ipamd(unassign(T1, "10.1.2.3", CID));
    assertThat(reader.poll().historyOf(ip("10.1.2.3")).getFirst().until())
        .contains(Instant.parse(T1));
  }

  @Test
  void poll_releaseWithoutAssign_heldSinceTheLogBegins() throws IOException {
    ipamd(json(T0, "Starting L-IPAMD"));
    ipamd(unassign(T1, "10.1.2.3", CID));
    Allocation allocation = reader.poll().historyOf(ip("10.1.2.3")).getFirst();

    assertThat(allocation.from()).isEqualTo(Instant.parse(T0));
    assertThat(allocation.until()).contains(Instant.parse(T1));
  }

  @Test
  void poll_cooldown_endsAHoldingWhoseReleaseWasCut() throws IOException {
    ipamd(assign(T0, "10.1.2.3", CID, "shop", "web-0"));
    ipamd(json(T1, "IP 10.1.2.3 entering cooldown period of 30s (available after " + T2 + ")"));

    assertThat(reader.poll().current()).isEmpty();
  }

  @Test
  void poll_nothingNew_sameSnapshot() throws IOException {
    ipamd(assign(T0, "10.1.2.3", CID, "shop", "web-0"));
    reader.poll();

    assertThat(reader.poll()).isSameAs(reader.poll());
  }

  @Test
  void poll_podWithoutAddress_reasonIsKept() throws IOException {
    ipamd(
        json(T0, "Send AddNetworkReply: Success: false IPAddr: [], resp: , err: no available IP"));

    assertThat(reader.poll().failures())
        .singleElement()
        .satisfies(failure -> assertThat(failure.reason()).isEqualTo("no available IP"));
  }

  @Test
  void poll_moreHoldingsThanTheBound_oldestForgottenAndCounted() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      String cid = String.format("%064x", i);
      text.append(
              assign("2026-03-01T10:00:00." + (100 + i) + "Z", "10.1.2.3", cid, "shop", "p" + i))
          .append('\n');
    }
    ipamd(text.toString().stripTrailing());
    IpamSnapshot snapshot = reader.poll();

    assertThat(snapshot.historyOf(ip("10.1.2.3"))).hasSize(64);
    assertThat(snapshot.counters().forgottenAllocations()).isEqualTo(36);
    assertThat(snapshot.current()).hasSize(1);
  }

  private static String holder(IpamSnapshot snapshot, String at) {
    return snapshot
        .holderAt(ip("10.1.2.3"), Instant.parse(at))
        .flatMap(Allocation::pod)
        .map(PodRef::toString)
        .orElse("nobody");
  }

  private static String request(String ts, String cid, String pod) {
    return json(
        ts,
        "AddNetworkRequest: K8S_POD_NAME:\""
            + pod
            + "\" K8S_POD_NAMESPACE:\"shop\" ContainerID:\""
            + cid
            + "\" IfName:\"eth0\" NetworkName:\"aws-cni\" Netns:\"/n/"
            + pod
            + "\"");
  }

  private static String cniAdd(String ts, String cid, String pod, String netns) {
    return json(
        ts,
        "Received CNI add request: ContainerID("
            + cid
            + ") Netns("
            + netns
            + ") IfName(eth0)"
            + " Args(K8S_POD_NAMESPACE=shop;K8S_POD_NAME="
            + pod
            + ") Path(/opt/cni/bin)"
            + " argsStdinData({})");
  }

  private static String setup(String ts, String veth, String netns, String ip, String table) {
    return json(
        ts,
        "SetupPodNetwork: hostVethName="
            + veth
            + ", contVethName=eth0, netnsPath="
            + netns
            + ", ipAddr="
            + ip
            + "/32, "
            + table
            + ", mtu=9001");
  }

  private static String stateOf(String ip, String cid, String pod) {
    long stampNs = Instant.parse(T0).toEpochMilli() * 1_000_000;
    return "{\"version\":\"vpc-cni-ipam/1\",\"allocations\":[{\"networkName\":\"aws-cni\","
        + "\"containerID\":\""
        + cid
        + "\",\"ifName\":\"eth0\",\"ipv4\":\""
        + ip
        + "\","
        + "\"allocationTimestamp\":"
        + stampNs
        + ",\"metadata\":{\"k8sPodNamespace\":\"shop\","
        + "\"k8sPodName\":\""
        + pod
        + "\",\"interfacesCount\":1}}]}";
  }

  private void writeState(String text, String modified) throws IOException {
    Path fresh = Files.writeString(state.resolve("new"), text);
    Files.setLastModifiedTime(fresh, FileTime.from(Instant.parse(modified)));
    Files.move(
        fresh,
        state.resolve("ipam.json"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  private void ipamd(String lines) throws IOException {
    append(logs.resolve("ipamd.log"), lines);
  }

  private void plugin(String lines) throws IOException {
    append(logs.resolve("plugin.log"), lines);
  }

  private static void append(Path file, String lines) throws IOException {
    Files.writeString(file, lines + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
