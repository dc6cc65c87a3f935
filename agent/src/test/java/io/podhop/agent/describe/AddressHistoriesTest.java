package io.podhop.agent.describe;

import static io.podhop.agent.describe.LoggedNode.DB_CID;
import static io.podhop.agent.describe.LoggedNode.WEB_CID;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.AddressHistory;
import io.podhop.model.AddressMoment;
import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import io.podhop.model.Tenure;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AddressHistoriesTest {
  private static final IpAddress ADDRESS = IpAddress.parse("10.1.2.3");
  private static final PodRef WEB = new PodRef("shop", "web-0");
  private static final PodRef DB = new PodRef("shop", "db-0");

  @TempDir Path directory;

  private static LoggedNode twoOwners() {
    return new LoggedNode()
        .ipamd("2026-03-01T09:00:00.000Z", "Starting L-IPAMD v1.21.2  ...")
        .ipamd(
            "2026-03-01T09:00:01.000Z", "Added ENI(eni-0bb)'s IP/Prefix 10.1.2.0/28 to datastore")
        .assigned("2026-03-01T10:00:00.000Z", "10.1.2.3", WEB_CID, "web-0")
        .released("2026-03-01T10:10:00.000Z", "10.1.2.3", WEB_CID)
        .assigned("2026-03-01T10:20:00.000Z", "10.1.2.3", DB_CID, "db-0");
  }

  private AddressHistory history(LoggedNode node, String address) {
    return AddressHistories.of(node.view(directory), IpAddress.parse(address), Optional.empty());
  }

  private AddressMoment at(LoggedNode node, String address, String instant) {
    return AddressHistories.of(
            node.view(directory), IpAddress.parse(address), Optional.of(Instant.parse(instant)))
        .moment()
        .orElseThrow();
  }

  @Test
  void of_addressWithTwoOwners_bothWithCooldownEniAndLines() {
    AddressHistory history = history(twoOwners(), "10.1.2.3");

    assertThat(history.node()).isEqualTo("node-a");
    assertThat(history.knownFrom()).contains(Instant.parse("2026-03-01T09:00:00Z"));
    assertThat(history.nowOn()).isEqualTo("eni-0bb");
    assertThat(history.own()).isFalse();
    assertThat(history.tenures())
        .extracting(tenure -> tenure.pod().orElseThrow())
        .containsExactly(WEB, DB);
    Tenure first = history.tenures().getFirst();
    assertThat(first.until()).contains(Instant.parse("2026-03-01T10:10:00Z"));
    assertThat(first.untilAtMost()).isFalse();
    assertThat(first.coolingUntil()).contains(Instant.parse("2026-03-01T10:10:30Z"));
    assertThat(first.eni()).isEqualTo("eni-0bb");
    assertThat(first.evidence())
        .extracting(Citation::place)
        .containsExactly("ipamd.log", "ipamd.log");
    assertThat(first.evidence().getLast().text()).contains("Unassign IP 10.1.2.3");
    assertThat(history.tenures().getLast().until()).isEmpty();
  }

  @Test
  void moment_everyPhase_isTold() {
    LoggedNode node = twoOwners();

    assertThat(at(node, "10.1.2.3", "2026-03-01T10:05:00Z"))
        .satisfies(held -> assertThat(held.state()).isEqualTo(AddressMoment.State.HELD))
        .satisfies(held -> assertThat(held.tenure().orElseThrow().pod()).contains(WEB));
    AddressMoment cooling = at(node, "10.1.2.3", "2026-03-01T10:10:29Z");
    assertThat(cooling.state()).isEqualTo(AddressMoment.State.COOLING);
    assertThat(cooling.coolingUntil()).contains(Instant.parse("2026-03-01T10:10:30Z"));
    assertThat(cooling.evidence()).isNotEmpty();
    AddressMoment free = at(node, "10.1.2.3", "2026-03-01T10:15:00Z");
    assertThat(free.state()).isEqualTo(AddressMoment.State.FREE);
    assertThat(free.tenure().orElseThrow().pod()).contains(WEB);
    AddressMoment before = at(node, "10.1.2.3", "2026-03-01T08:00:00Z");
    assertThat(before.state()).isEqualTo(AddressMoment.State.UNKNOWN);
    assertThat(before.because()).isEqualTo("ipamd's logs do not go back so far");
    assertThat(at(node, "10.1.0.20", "2026-03-01T10:05:00Z").state())
        .isEqualTo(AddressMoment.State.OWN);
    assertThat(at(node, "10.9.9.9", "2026-03-01T10:05:00Z").state())
        .isEqualTo(AddressMoment.State.ELSEWHERE);
  }

  @Test
  void moment_endNotLogged_perhapsHeldAndSaysSinceWhen() {
    LoggedNode node =
        new LoggedNode()
            .assigned("2026-03-01T10:00:00.000Z", "10.1.2.3", WEB_CID, "web-0")
            .assigned("2026-03-01T10:20:00.000Z", "10.1.2.3", DB_CID, "db-0");
    AddressMoment moment = at(node, "10.1.2.3", "2026-03-01T10:10:00Z");

    assertThat(moment.state()).isEqualTo(AddressMoment.State.PERHAPS_HELD);
    assertThat(moment.tenure().orElseThrow().untilAtMost()).isTrue();
    assertThat(moment.tenure().orElseThrow().seenAt())
        .isEqualTo(Instant.parse("2026-03-01T10:00:00Z"));
  }

  @Test
  void of_enisOwnAddress_isNoPods() {
    AddressHistory history = history(twoOwners(), "10.1.0.10");

    assertThat(history.own()).isTrue();
    assertThat(history.nowOn()).isEqualTo("eni-0aa");
    assertThat(history.tenures()).isEmpty();
  }

  @Test
  void of_addressOfNobody_isNotConcerned() {
    assertThat(history(twoOwners(), "10.9.9.9").concerned()).isFalse();
  }

  @Test
  void of_pod_itsHoldingsOfAllAddressesAndNobodyElses() {
    LoggedNode node =
        twoOwners().assigned("2026-03-01T11:00:00.000Z", "10.1.2.4", "c3".repeat(32), "web-0");

    AddressHistory history = AddressHistories.of(node.view(directory), WEB);

    assertThat(history.tenures())
        .extracting(tenure -> tenure.address().toString())
        .containsExactly("10.1.2.3", "10.1.2.4");
    assertThat(history.nowOn()).isEmpty();
    assertThat(AddressHistories.of(node.view(directory), new PodRef("shop", "x")).concerned())
        .isFalse();
  }

  @Test
  void of_podThatIpamdDoesNotKnow_saysSo() {
    PodInfo pod = new PodInfo(WEB, "web", WEB_CID, List.of(ADDRESS), 1, 2, "eni1", 7, "ens6", 2);
    LoggedNode node = new LoggedNode().pod(pod);

    String sentence = "shop/web-0 has 10.1.2.3 now; ipamd's files do not say since when";
    assertThat(history(node, "10.1.2.3").warnings()).contains(sentence);
    assertThat(history(node, "10.1.2.3").nowOn()).isEqualTo("ens6");
    assertThat(AddressHistories.of(node.view(directory), WEB).warnings()).contains(sentence);
  }

  @Test
  void of_branchEniPod_namesItsVlan() {
    LoggedNode node =
        new LoggedNode()
            .ipamd(
                "2026-03-01T10:00:00.000Z",
                "AddNetworkRequest: K8S_POD_NAME:\"web-0\" K8S_POD_NAMESPACE:\"shop\" ContainerID:\""
                    + WEB_CID
                    + "\" IfName:\"eth0\" Netns:\"/n/web\"")
            .ipamd(
                "2026-03-01T10:00:00.010Z",
                "Send AddNetworkReply: Success: true IPAddr: [IPv4Addr:\"10.1.2.3\""
                    + " DeviceNumber:-1], resp: Success:true"
                    + " IPAllocationMetadata:{IPv4Addr:\"10.1.2.3\" DeviceNumber:-1} PodVlanId:4 "
                    + " PodENIMAC:\"02:AA:00:00:00:01\" PodENISubnetGW:\"10.1.0.1\" "
                    + " ParentIfIndex:7, err: <nil>");

    assertThat(history(node, "10.1.2.3").tenures())
        .singleElement()
        .satisfies(tenure -> assertThat(tenure.eni()).isEqualTo("branch ENI, VLAN 4"))
        .satisfies(tenure -> assertThat(tenure.deviceNumber()).isEmpty());
  }
}
