package io.podhop.agent.ipam;

import static io.podhop.agent.ipam.LogLines.CID;
import static io.podhop.agent.ipam.LogLines.OTHER_CID;
import static io.podhop.agent.ipam.LogLines.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.PodRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Why a pod got no address, by what stands around the failure. */
class ExhaustionTest {
  private static final String BEFORE = "2026-03-01T09:58:00.000Z";
  private static final String T0 = "2026-03-01T10:00:00.000Z";
  private static final String FAILED =
      "Send AddNetworkReply: Success: false IPAddr: [], resp: , err: AssignPodIPAddress: no"
          + " available IP/Prefix addresses";

  @TempDir Path logs;
  @TempDir Path state;

  private IpamSnapshot read(String ipamd, String plugin) throws IOException {
    Files.writeString(logs.resolve("ipamd.log"), ipamd + "\n");
    Files.writeString(logs.resolve("plugin.log"), plugin + "\n");
    try (IpamReader reader = new IpamReader(logs, state)) {
      return reader.poll();
    }
  }

  private static Exhaustion why(IpamSnapshot snapshot) {
    return snapshot.whyNoAddress(snapshot.failures().getLast());
  }

  private static String request(String ts, String cid, String pod) {
    return json(
        ts,
        "AddNetworkRequest: K8S_POD_NAME:\""
            + pod
            + "\" K8S_POD_NAMESPACE:\"shop\" ContainerID:\""
            + cid
            + "\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Skipping ENI allocation as the max ENI limit of 3 is already reached (accounting for 0 unmanaged ENIs and 0 trunk ENIs) | InstanceLimit
          Failed to attach ENI eni-1: AttachmentLimitExceeded: Interface count 4 exceeds the limit | InstanceLimit
          Failed to CreateNetworkInterface InsufficientFreeAddressesInSubnet: The specified subnet does not have enough free addresses | SubnetEmpty
          Failed to allocate a private IP/Prefix addresses on ENI eni-1: InsufficientCidrBlocks: The specified subnet does not have enough free cidr blocks | PrefixFragmentation
          Failed to CreateNetworkInterface RequestLimitExceeded: Request limit exceeded. | Throttling
          Failed to allocate a private IP/Prefix addresses on ENI eni-1: UnauthorizedOperation: You are not authorized | Unauthorized
          No slot available for a trunk ENI to be attached. | TrunkTrouble
          Recently we had InsufficientCidr error hence will wait for 2m0s before retrying | Unknown
          Throttling request took 1.2s, request: GET | Unknown
          """)
  void whyNoAddress_lineBefore_namesTheReasonAndCitesIt(String line, String reason)
      throws IOException {
    Exhaustion why = why(read(json(BEFORE, line) + "\n" + json(T0, FAILED), ""));

    assertThat(why.getClass().getSimpleName()).isEqualTo(reason);
    if (!line.startsWith("Throttling request")) {
      assertThat(why.evidence())
          .singleElement()
          .satisfies(c -> assertThat(c.text()).isEqualTo(line));
    }
  }

  @Test
  void whyNoAddress_longAgo_isNotTheReason() throws IOException {
    String line = json("2026-03-01T09:50:00.000Z", "Failed: UnauthorizedOperation: no");

    assertThat(why(read(line + "\n" + json(T0, FAILED), "")))
        .isInstanceOf(Exhaustion.Unknown.class);
  }

  @Test
  void whyNoAddress_atTheLimitWithAThirdCooling_churn() throws IOException {
    String stats = "IP stats for Network Card 0 - total IPs: 9, assigned IPs: 6, cooldown IPs: 3";
    String limit = "Skipping ENI allocation as the max ENI limit is already reached";
    Exhaustion why =
        why(read(json(BEFORE, stats) + "\n" + json(BEFORE, limit) + "\n" + json(T0, FAILED), ""));

    assertThat(why)
        .isInstanceOfSatisfying(
            Exhaustion.CooldownChurn.class, churn -> assertThat(churn.cooling()).isEqualTo(3));
    assertThat(why.evidence()).extracting(c -> c.text()).containsExactly(limit);
  }

  @Test
  void whyNoAddress_branchEniMissing_trunkTroubleOfThatPod() throws IOException {
    IpamSnapshot snapshot =
        read(
            request(T0, CID, "web-0")
                + "\n"
                + json(T0, "Send AddNetworkReply: failed to get Branch ENI resource"),
            "");

    assertThat(why(snapshot)).isInstanceOf(Exhaustion.TrunkTrouble.class);
    assertThat(snapshot.failures().getLast().pod()).contains(new PodRef("shop", "web-0"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Failed to connect to backend server for container CID: context deadline exceeded | IpamdDown
          Failed to connect to backend server for pod web-0 namespace shop container CID: refused | IpamdDown
          Error received from AddNetwork grpc call for containerID CID: rpc error: code = FailedPrecondition desc = wrong client version "v1.19.0" (!= "v1.20.0") | VersionSkew
          """)
  void whyNoAddress_pluginCannotAsk_namedByTheSandbox(String line, String reason)
      throws IOException {
    String add =
        "Received CNI add request: ContainerID("
            + CID
            + ") Netns(/n) IfName(eth0) Args(K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0) Path()";
    IpamSnapshot snapshot = read("", json(T0, add) + "\n" + json(T0, line.replace("CID", CID)));

    assertThat(why(snapshot).getClass().getSimpleName()).isEqualTo(reason);
    assertThat(snapshot.failures())
        .singleElement()
        .satisfies(f -> assertThat(f.pod()).contains(new PodRef("shop", "web-0")));
    assertThat(snapshot.adds().getFirst().steps().getLast().kind()).isEqualTo(AddTrail.Kind.FAILED);
  }

  @Test
  void failures_ipamdDownAtADelete_isNoFailedAdd() throws IOException {
    String del =
        "Received CNI del request: ContainerID("
            + CID
            + ") Netns() IfName(eth0) Args(K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0) Path()";
    IpamSnapshot snapshot =
        read(
            "",
            json(T0, del)
                + "\n"
                + json(T0, "Failed to connect to backend server for container " + CID + ": x"));

    assertThat(snapshot.failures()).isEmpty();
    assertThat(snapshot.pool().troubles())
        .extracting(Trouble::kind)
        .containsExactly(Trouble.Kind.IPAMD_DOWN);
  }

  @Test
  void failures_threeLinesOfOneFailure_oneWithPodAndReason() throws IOException {
    String ipamd =
        request(T0, CID, "web-0")
            + "\n"
            + json(T0, "DataStore has no available IP/Prefix addresses")
            + "\n"
            + json(T0, FAILED);
    String plugin =
        json("2026-03-01T19:00:00.200+0900", "Failed to assign an IP address to container " + CID);
    IpamSnapshot snapshot = read(ipamd, plugin);

    assertThat(snapshot.failures())
        .singleElement()
        .satisfies(
            failure -> {
              assertThat(failure.pod()).contains(new PodRef("shop", "web-0"));
              assertThat(failure.containerId()).isEqualTo(CID);
              assertThat(failure.reason()).contains("no available IP/Prefix addresses");
            });
  }

  @Test
  void failures_twoAddsWait_ipamdsAnswerIsNobodysUntilThePluginNamesIt() throws IOException {
    String ipamd =
        String.join(
            "\n",
            List.of(request(T0, CID, "web-0"), request(T0, OTHER_CID, "db-0"), json(T0, FAILED)));

    assertThat(read(ipamd, "").failures())
        .singleElement()
        .satisfies(failure -> assertThat(failure.pod()).isEmpty());
    String plugin = json(T0, "Failed to assign an IP address to container " + OTHER_CID);
    assertThat(read(ipamd, plugin).failures())
        .singleElement()
        .satisfies(failure -> assertThat(failure.pod()).contains(new PodRef("shop", "db-0")));
  }

  @Test
  void troubles_sameLineEveryFiveSeconds_oneWithACount() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 10; i < 60; i += 5) {
      text.append(
              json(
                  "2026-03-01T10:00:" + i + ".000Z",
                  "Recently we had InsufficientCidr error hence will wait for 2m0s"))
          .append('\n');
    }

    assertThat(read(text.toString().strip(), "").pool().troubles())
        .singleElement()
        .satisfies(trouble -> assertThat(trouble.count()).isEqualTo(10));
  }
}
