package io.podhop.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.ByteString;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeEvidence;
import io.podhop.model.NodeEvidence.CounterChange;
import io.podhop.model.NodeEvidence.KernelDrop;
import io.podhop.model.Protocol;
import io.podhop.v1.Arm;
import io.podhop.wire.EvidenceCodec;
import io.podhop.wire.ModelCodec;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What an agent looks up while a trace runs, as it tells its collector. */
class EvidenceIT {
  private static Lab lab;

  @BeforeAll
  static void start() {
    lab = Lab.up(Lab.Backend.NFT_CONNMARK_IPTABLES);
  }

  @AfterAll
  static void stop() {
    lab.close();
  }

  @AfterEach
  void clearFaults() {
    lab.clearFaults();
  }

  @Test
  void strictReversePath_dropOfTheReply_counterAndSettings() {
    lab.fault("strict-rp", "node-a");
    Arm arm =
        arm("strict", LabPods.API, 80)
            .addSourceAddresses(address(lab.status().pod(LabPods.API).ip()))
            .addSourceAddresses(address("192.168.0.10"))
            .addDestinationAddresses(address(LabPods.INTERNET))
            .build();

    NodeEvidence evidence = looked("node-a", arm, LabPods.INTERNET + ":80");

    assertThat(evidence.unavailable()).as("%s", evidence).isEmpty();
    assertThat(evidence.drops())
        .as("%s", evidence)
        .isNotEmpty()
        .allSatisfy(
            drop -> {
              assertThat(drop.reason()).isEqualTo("IP_RPFILTER");
              assertThat(drop.interfaceName()).isEqualTo("eth0");
              assertThat(drop.scope()).isEqualTo("node");
            });
    assertThat(evidence.counters())
        .anySatisfy(
            change -> {
              assertThat(change.name()).isEqualTo("TcpExtIPReversePathFilter");
              assertThat(change.scope()).isEqualTo(CounterChange.NODE);
              assertThat(change.moved()).isGreaterThanOrEqualTo(evidence.drops().size());
            });
    assertThat(evidence.settings())
        .extracting(Object::toString)
        .contains("net.ipv4.ip_forward = 1", "net.ipv4.conf.eth0.rp_filter = 1");
    assertThat(evidence.socketsRead()).isEmpty();
  }

  @Test
  void closedPort_noSocketInThePod_saidByItsTableAndTheKernel() {
    lab.fault("closed-port", LabPods.DB);

    NodeEvidence evidence =
        looked("node-b", toDb("closed"), lab.status().pod(LabPods.DB).ip() + ":8080");

    assertThat(evidence.unavailable()).as("%s", evidence).isEmpty();
    assertThat(evidence.socketsRead()).containsExactly(LabPods.DB);
    assertThat(evidence.sockets()).isEmpty();
    assertThat(evidence.drops())
        .as("%s", evidence)
        .extracting(KernelDrop::reason, KernelDrop::scope)
        .contains(tuple("NO_SOCKET", LabPods.DB));
    assertThat(evidence.counters())
        .extracting(CounterChange::scope, CounterChange::name)
        .contains(tuple(LabPods.DB, "TcpOutRsts"));
  }

  @Test
  void healthyConnection_listeningSocket_nothingDropped() {
    NodeEvidence evidence =
        looked("node-b", toDb("healthy"), lab.status().pod(LabPods.DB).ip() + ":8080");

    assertThat(evidence.unavailable()).as("%s", evidence).isEmpty();
    assertThat(evidence.drops()).as("%s", evidence).isEmpty();
    assertThat(evidence.sockets())
        .singleElement()
        .satisfies(
            socket -> {
              assertThat(socket.pod()).isEqualTo(LabPods.DB);
              assertThat(socket.listening()).isTrue();
              assertThat(socket.stopped()).isFalse();
            });
  }

  private static Arm toDb(String request) {
    return arm(request, LabPods.DB, 8080)
        .addSourceAddresses(address(lab.status().pod(LabPods.API).ip()))
        .addDestinationAddresses(address(lab.status().pod(LabPods.DB).ip()))
        .build();
  }

  private static Arm.Builder arm(String request, String pod, int port) {
    return Arm.newBuilder()
        .setRequestId(request)
        .setProtocol(Protocol.TCP.number())
        .addPorts(port)
        .addAllPods(List.of(pod))
        .setMaxMs(60_000);
  }

  private static ByteString address(String text) {
    return ModelCodec.encode(IpAddress.parse(text));
  }

  /** What the node's agent looked up while the API pod asked for a page. */
  private static NodeEvidence looked(String node, Arm arm, String asked) {
    try (CommandedAgent agent = new CommandedAgent(lab, node)) {
      agent.arm(arm);
      lab.exec(LabPods.API, "curl", "-s", "-m", "2", "http://" + asked);
      return EvidenceCodec.decode(agent.finish(arm.getRequestId()).getEvidence());
    }
  }
}
