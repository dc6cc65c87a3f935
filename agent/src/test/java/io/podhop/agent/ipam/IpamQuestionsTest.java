package io.podhop.agent.ipam;

import static io.podhop.agent.ipam.LogLines.CID;
import static io.podhop.agent.ipam.LogLines.OTHER_CID;
import static io.podhop.agent.ipam.LogLines.assign;
import static io.podhop.agent.ipam.LogLines.ip;
import static io.podhop.agent.ipam.LogLines.json;
import static io.podhop.agent.ipam.LogLines.reply;
import static io.podhop.agent.ipam.LogLines.unassign;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.Cidr;
import io.podhop.model.Citation;
import io.podhop.model.PodRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IpamQuestionsTest {
  private static final PodRef WEB = new PodRef("shop", "web-0");
  private static final String T0 = "2026-03-01T10:00:00.000Z";
  private static final String T1 = "2026-03-01T10:10:00.000Z";
  private static final String T2 = "2026-03-01T10:20:00.000Z";

  private IpamReader reader;
  private IntrospectionSnapshot live = IntrospectionSnapshot.EMPTY;

  @TempDir Path logs;
  @TempDir Path state;

  @BeforeEach
  void setUp() {
    reader = new IpamReader(logs, state, () -> live);
  }

  @AfterEach
  void tearDown() {
    reader.close();
  }

  private void ipamd(String... lines) throws IOException {
    append("ipamd.log", lines);
  }

  private void append(String file, String... lines) throws IOException {
    Files.writeString(
        logs.resolve(file),
        String.join("\n", lines) + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  private AddressState stateAt(String instant) {
    return reader.poll().stateAt(ip("10.1.2.3"), Instant.parse(instant));
  }

  private static String request(String ts, String cid, String pod) {
    return json(
        ts,
        "AddNetworkRequest: K8S_POD_NAME:\""
            + pod
            + "\" K8S_POD_NAMESPACE:\"shop\" ContainerID:\""
            + cid
            + "\" IfName:\"eth0\" Netns:\"/n/"
            + pod
            + "\"");
  }

  @Test
  void stateAt_lifeOfAnAddress_oneOfFour() throws IOException {
    ipamd(json("2026-03-01T09:00:00.000Z", "Starting L-IPAMD v1.21.2  ..."));
    ipamd(assign(T0, "10.1.2.3", CID, "shop", "web-0"), unassign(T1, "10.1.2.3", CID));

    assertThat(stateAt("2026-03-01T08:59:59Z"))
        .isInstanceOfSatisfying(
            AddressState.Unknown.class,
            unknown -> assertThat(unknown.why()).contains("do not go back so far"));
    assertThat(stateAt("2026-03-01T09:30:00Z")).isEqualTo(new AddressState.Free(Optional.empty()));
    assertThat(stateAt(T0))
        .isInstanceOfSatisfying(
            AddressState.Held.class,
            held -> {
              assertThat(held.by().pod()).contains(WEB);
              assertThat(held.certain()).isTrue();
            });
    assertThat(stateAt("2026-03-01T10:10:29.999Z"))
        .isInstanceOfSatisfying(
            AddressState.InCooldown.class,
            cooling -> {
              assertThat(cooling.last().orElseThrow().containerId()).isEqualTo(CID);
              assertThat(cooling.cooling().evidence().source()).isEqualTo(Citation.Source.IPAMD);
            });
    assertThat(stateAt("2026-03-01T10:10:30Z"))
        .isInstanceOfSatisfying(
            AddressState.Free.class, free -> assertThat(free.last()).isPresent());
  }

  @Test
  void stateAt_noLogAtAll_unknownNotFree() {
    assertThat(stateAt(T0)).isInstanceOf(AddressState.Unknown.class);
  }

  @Test
  void stateAt_ipamdRestartsInCooldown_freeAtOnce() throws IOException {
    ipamd(assign(T0, "10.1.2.3", CID, "shop", "web-0"), unassign(T1, "10.1.2.3", CID));
    ipamd(json("2026-03-01T10:10:10.000Z", "Starting L-IPAMD v1.16.0  ..."));

    assertThat(stateAt("2026-03-01T10:10:09Z")).isInstanceOf(AddressState.InCooldown.class);
    assertThat(stateAt("2026-03-01T10:10:11Z")).isInstanceOf(AddressState.Free.class);
  }

  @Test
  void stateAt_releaseNeverLogged_heldButNotForSure() throws IOException {
    ipamd(assign(T0, "10.1.2.3", CID, "shop", "web-0"));
    ipamd(assign(T2, "10.1.2.3", OTHER_CID, "shop", "db-0"));

    assertThat(stateAt(T1))
        .isInstanceOfSatisfying(
            AddressState.Held.class,
            held -> {
              assertThat(held.by().evidence().untilAtMost()).isTrue();
              assertThat(held.certain()).isFalse();
            });
  }

  @Test
  void timeline_recoveredAfterRotation_fromAtLeastAndBeforeItUnknown() throws IOException {
    ipamd(
        json(T0, "Starting L-IPAMD v1.21.2  ..."),
        json(T1, "Recovered aws-cni/" + CID + "/eth0 => eni-1/10.1.2.3"),
        json(T1, "Completed ipam state recovery"),
        unassign(T2, "10.1.2.3", CID));
    Allocation only = reader.poll().timeline(ip("10.1.2.3")).holders().getFirst();

    assertThat(only.evidence().fromAtLeast()).isTrue();
    assertThat(only.from()).isEqualTo(Instant.parse(T1));
    assertThat(only.until()).contains(Instant.parse(T2));
    assertThat(stateAt("2026-03-01T10:05:00Z"))
        .isInstanceOfSatisfying(
            AddressState.Unknown.class, why -> assertThat(why.why()).contains("held it before"));
  }

  @Test
  void poll_restartDoesNotRecoverASandbox_endedAtTheRestartAtMost() throws IOException {
    ipamd(
        assign(T0, "10.1.2.3", CID, "shop", "web-0"),
        assign(T0, "10.1.2.4", OTHER_CID, "shop", "db-0"),
        json(T1, "Starting L-IPAMD v1.21.2  ..."),
        json(T2, "Recovered aws-cni/" + OTHER_CID + "/eth0 => eni-1/10.1.2.4"),
        json(T2, "Completed ipam state recovery"));
    IpamSnapshot snapshot = reader.poll();
    Allocation gone = snapshot.historyOf(ip("10.1.2.3")).getFirst();

    assertThat(snapshot.current()).extracting(Allocation::containerId).containsExactly(OTHER_CID);
    assertThat(gone.until()).contains(Instant.parse(T1));
    assertThat(gone.evidence().untilAtMost()).isTrue();
  }

  @Test
  void timeline_dataStoreRemembersAReleaseTheLogLost_holderWithoutName() throws IOException {
    ipamd(json(T2, "Starting L-IPAMD v1.21.2  ..."));
    live =
        IntrospectionSnapshot.of(
            "{\"0\":{\"ENIs\":{\"eni-9\":{\"ID\":\"eni-9\",\"DeviceNumber\":1,\"RouteTableID\":2,"
                + "\"AvailableIPv4Cidrs\":{\"10.1.2.0/28\":{\"IsPrefix\":true,\"IPAddresses\":{"
                + "\"10.1.2.3\":{\"AssignedTime\":\""
                + T0
                + "\",\"UnassignedTime\":\""
                + T1
                + "\"}}}}}}}}",
            Instant.parse(T2));
    AddressTimeline timeline = reader.poll().timeline(ip("10.1.2.3"));

    assertThat(timeline.holders())
        .singleElement()
        .satisfies(
            holding -> {
              assertThat(holding.pod()).isEmpty();
              assertThat(holding.from()).isEqualTo(Instant.parse(T0));
              assertThat(holding.until()).contains(Instant.parse(T1));
              assertThat(holding.evidence().began().place()).isEqualTo("/v1/enis");
            });
    assertThat(timeline.enis()).extracting(EniTenure::eniId).containsExactly("eni-9");
  }

  @Test
  void timeline_prefixAddedAndItsEniForceRemoved_tenureWithBothEnds() throws IOException {
    ipamd(
        json(T0, "Added ENI(eni-1)'s IP/Prefix 10.1.2.0/28 to datastore"),
        json(T1, "Added ENI(eni-1)'s IP/Prefix 10.1.2.0/28 to datastore"),
        json(T2, "Force removing eni eni-1 with 3 assigned pods"));
    IpamSnapshot snapshot = reader.poll();

    assertThat(snapshot.timeline(ip("10.1.2.3")).enis())
        .singleElement()
        .satisfies(
            tenure -> {
              assertThat(tenure.block()).isEqualTo(Cidr.parse("10.1.2.0/28"));
              assertThat(tenure.from()).contains(Instant.parse(T0));
              assertThat(tenure.until()).contains(Instant.parse(T2));
            });
    assertThat(snapshot.pool().eniEvents().getLast().detail()).isEqualTo("3 pods");
  }

  @Test
  void byPod_nameUsedTwice_bothHoldings() throws IOException {
    ipamd(
        assign(T0, "10.1.2.3", CID, "shop", "web-0"),
        unassign(T1, "10.1.2.3", CID),
        assign(T2, "10.1.2.9", OTHER_CID, "shop", "web-0"));

    assertThat(reader.poll().byPod(WEB))
        .extracting(Allocation::address)
        .containsExactly(ip("10.1.2.3"), ip("10.1.2.9"));
  }

  @Test
  void adds_ipamdAndPlugin_stepsInOrderOfTime() throws IOException {
    ipamd(
        request("2026-03-01T10:00:00.010Z", CID, "web-0"),
        assign("2026-03-01T10:00:00.020Z", "10.1.2.3", CID, "shop", "web-0"),
        reply("2026-03-01T10:00:00.030Z", "10.1.2.3", "DeviceNumber:1 RouteTableId:2"));
    String args = "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0";
    append(
        "plugin.log",
        json(
            "2026-03-01T19:00:00.000+0900",
            "Received CNI add request: ContainerID("
                + CID
                + ") Netns(/n/web-0) IfName(eth0) Args("
                + args
                + ") Path()"),
        json(
            "2026-03-01T19:00:00.040+0900",
            "SetupPodNetwork: hostVethName=eni1, contVethName=eth0, netnsPath=/n/web-0,"
                + " ipAddr=10.1.2.3/32, routeTableNumber=2, mtu=9001"),
        json(
            "2026-03-01T19:00:00.050+0900",
            "Successfully setup container route, containerAddr=10.1.2.3/32, hostVeth=eni1"),
        json(
            "2026-03-01T19:00:00.060+0900",
            "Successfully setup fromContainer rule, containerAddr=10.1.2.3/32, rtTable=2"));
    AddTrail trail = reader.poll().addsOf(WEB).getFirst();

    assertThat(trail.steps())
        .extracting(AddTrail.Step::kind)
        .containsExactly(
            AddTrail.Kind.PLUGIN_CALLED,
            AddTrail.Kind.RECEIVED,
            AddTrail.Kind.ASSIGNED,
            AddTrail.Kind.REPLIED,
            AddTrail.Kind.WIRING,
            AddTrail.Kind.WIRED);
    assertThat(trail.address()).contains(ip("10.1.2.3"));
    assertThat(trail.to()).isEqualTo(Instant.parse("2026-03-01T10:00:00.060Z"));
  }

  @Test
  void nodePool_answerWithAPrefix_countedWholeAndCoolingByTheSetting() throws IOException {
    live =
        IntrospectionSnapshot.of(
                "{\"0\":{\"ENIs\":{\"eni-9\":{\"ID\":\"eni-9\",\"IsPrimary\":true,"
                    + "\"AvailableIPv4Cidrs\":{\"10.1.2.0/28\":{\"IsPrefix\":true,\"IPAddresses\":{"
                    + "\"10.1.2.3\":{\"IPAMKey\":{\"containerID\":\"c\"}},"
                    + "\"10.1.2.4\":{\"UnassignedTime\":\""
                    + T1
                    + "\"}}}}}}}}",
                Instant.parse(T1))
            .withSettings("{\"IP_COOLDOWN_PERIOD\":\"60\"}");
    IpamSnapshot snapshot = reader.poll();
    Instant at = Instant.parse(T1).plusSeconds(59);
    NodePool pool = snapshot.nodePool(Optional.of("m5.large"), at);

    assertThat(pool.total()).isEqualTo(16);
    assertThat(pool.used()).isEqualTo(1);
    assertThat(pool.cooling()).isEqualTo(1);
    assertThat(pool.free()).isEqualTo(14);
    assertThat(pool.prefixes()).isEqualTo(1);
    assertThat(pool.maxPods()).hasValue(3 * 9 * 16 + 2);
    assertThat(pool.limitedBy()).isEmpty();
    assertThat(snapshot.nodePool(Optional.empty(), at.plusSeconds(1)).cooling()).isZero();
  }

  @Test
  void nodePool_logOnly_lastCountAndWhatLimitsIt() throws IOException {
    ipamd(
        json(T0, "IP stats for Network Card 0 - total IPs: 9, assigned IPs: 9, cooldown IPs: 0"),
        json(T0, "Skipping ENI allocation as the max ENI limit is already reached"));
    NodePool pool = reader.poll().nodePool(Optional.empty(), Instant.parse(T0));

    assertThat(pool.total()).isEqualTo(9);
    assertThat(pool.free()).isZero();
    assertThat(pool.maxPods()).isEmpty();
    assertThat(pool.limitedBy())
        .containsInstanceOf(Exhaustion.InstanceLimit.class)
        .hasValueSatisfying(
            limit ->
                assertThat(limit.evidence())
                    .singleElement()
                    .satisfies(line -> assertThat(line.text()).contains("max ENI limit")));
  }

  @Test
  void instanceLimits_knownAndNewerTypes_formulaOrNothing() {
    InstanceLimits limits = InstanceLimits.of("m5.large").orElseThrow();

    assertThat(limits.maxPods(false, false)).isEqualTo(29);
    assertThat(limits.maxPods(false, true)).isEqualTo(20);
    assertThat(InstanceLimits.of("t2.micro").orElseThrow().maxPods(true, false)).isEqualTo(4);
    assertThat(InstanceLimits.of("m5")).isEmpty();
    assertThat(InstanceLimits.of("z99.huge")).isEmpty();
  }

  @Test
  void stats_sameCountsAgain_oneEntryButTheLatestTime() throws IOException {
    String count = "IP stats - total IPs: 9, assigned IPs: 1, cooldown IPs: 0";
    ipamd(json(T0, count), json(T1, count), json(T2, count.replace("s: 1", "s: 2")));
    PoolHistory pool = reader.poll().pool();

    assertThat(pool.stats()).extracting(PoolStats::assigned).containsExactly(1, 2);
    assertThat(pool.latest().get(0).at()).isEqualTo(Instant.parse(T2));
    assertThat(List.copyOf(pool.latest().keySet())).containsExactly(0);
  }

  @Test
  void branchOf_answerThenPlugin_oneBranchEniWithAllThatIsKnown() throws IOException {
    ipamd(
        json(
            T0,
            "Send AddNetworkReply: Success: true IPAddr: [IPv4Addr:\"10.1.2.3\" DeviceNumber:-1],"
                + " resp: Success:true IPAllocationMetadata:{IPv4Addr:\"10.1.2.3\""
                + " DeviceNumber:-1} PodVlanId:4  PodENIMAC:\"02:AA:00:00:00:01\""
                + " PodENISubnetGW:\"10.1.0.1\"  ParentIfIndex:7, err: <nil>"));
    assertThat(reader.poll().pool().branchOf(ip("10.1.2.3")).orElseThrow().enforcingMode())
        .isEmpty();

    append(
        "plugin.log",
        json(
            T0,
            "SetupBranchENIPodNetwork: hostVethName=vlan1, contVethName=eth0, netnsPath=/n1,"
                + " v4Addr=10.1.2.3/32, v6Addr=<nil>, vlanID=4, eniMAC=02:aa:00:00:00:01,"
                + " subnetGW=10.1.0.1, parentIfIndex=7, mtu=9001, podSGEnforcingMode=strict"));
    PoolHistory pool = reader.poll().pool();

    assertThat(pool.branches()).hasSize(1);
    BranchEni branch = pool.branchOf(ip("10.1.2.3")).orElseThrow();
    assertThat(branch.vlanId()).isEqualTo(4);
    assertThat(branch.mac()).isEqualTo("02:aa:00:00:00:01");
    assertThat(branch.gateway()).isEqualTo("10.1.0.1");
    assertThat(branch.enforcingMode()).isEqualTo("strict");
  }
}
