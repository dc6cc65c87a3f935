package io.podhop.agent.ipam;

import static io.podhop.agent.ipam.LogLines.CID;
import static io.podhop.agent.ipam.LogLines.OTHER_CID;
import static io.podhop.agent.ipam.LogLines.ip;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.PodRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The life of one address in the words and line format of every release. */
class GenerationsTest {
  private static final Instant T0 = Instant.parse("2026-03-01T10:00:00Z");
  private static final Instant T1 = Instant.parse("2026-03-01T10:10:00Z");
  private static final Instant T2 = Instant.parse("2026-03-01T10:20:00Z");
  private static final String ADDED_OLD =
      "Received AddNetwork for NS /n/PODNAME, Pod PODNAME, NameSpace shop, Container CID, ifname eth0";
  private static final String ADDED =
      "Received AddNetwork for NS /n/PODNAME, Sandbox CID, ifname eth0|AddNetworkRequest:"
          + " K8S_POD_NAME:\"PODNAME\" K8S_POD_NAMESPACE:\"shop\"  ContainerID:\"CID\" IfName:\"eth0\"";
  private static final String TO_SANDBOX = "Assign IP 10.1.2.3 to sandbox aws-cni/CID/eth0";
  private static final String FROM_SANDBOX = "Unassign IP 10.1.2.3 from sandbox aws-cni/CID/eth0";
  private static final String DONE = "sandbox aws-cni/CID/eth0's ipAddr 10.1.2.3, DeviceNumber 1";
  private static final String TO_POD = "10.1.2.3 to pod (name PODNAME, namespace shop";
  private static final String OF_POD = " CID)'s ipAddr 10.1.2.3, DeviceNumber1";

  @TempDir Path logs;
  @TempDir Path state;

  /** A release: its line, its ADD, its DEL; messages of one step are parted by bars. */
  private record Generation(String name, String line, String add, String del) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final List<Generation> GENERATIONS =
      List.of(
          new Generation(
              "1.0 to 1.4",
              "SECOND [INFO] MSG",
              ADDED_OLD + "|AssignPodIPv4Address Assign IP " + TO_POD + " container CID)",
              "UnAssignIPv4Address: pod (Name: PODNAME, NameSpace shop Container" + OF_POD),
          new Generation(
              "1.5.0",
              "SECOND [INFO]\tMSG",
              ADDED_OLD + "|AssignPodIPv4Address: Assign IP " + TO_POD + " container CID)",
              "UnassignPodIPv4Address: pod (Name: PODNAME, NameSpace shop Container" + OF_POD),
          new Generation(
              "1.5.1 to 1.5.7",
              "MILLI [INFO]\tMSG",
              ADDED_OLD + "|AssignPodIPv4Address: Assign IP " + TO_POD + " container CID)",
              "UnassignPodIPv4Address: pod (Name: PODNAME, NameSpace shop Container" + OF_POD),
          new Generation(
              "1.6.0",
              "MILLI [INFO] \tMSG",
              ADDED_OLD.replace("Container", "Sandbox")
                  + "|AssignPodIPv4Address: Assign IP "
                  + TO_POD
                  + " sandbox CID)",
              "UnassignPodIPv4Address: pod (Name: PODNAME, NameSpace shop Sandbox" + OF_POD),
          new Generation(
              "1.6.1",
              "{\"level\":\"info\",\"ts\":\"MILLI\",\"caller\":\"a/b.go:1\",\"msg\":\"MSG\"}",
              ADDED_OLD.replace("Container", "Sandbox")
                  + "|AssignPodIPv4Address: Assign IP "
                  + TO_POD
                  + " sandbox CID)",
              "UnassignPodIPv4Address: pod (Name: PODNAME, NameSpace shop Sandbox" + OF_POD),
          new Generation(
              "1.7 to 1.9, without caller",
              "{\"level\":\"info\",\"ts\":\"MILLI\",\"msg\":\"MSG\"}",
              ADDED + "|AssignPodIPv4Address: " + TO_SANDBOX,
              "UnAssignPodIPv4Address: " + FROM_SANDBOX + "|UnassignPodIPv4Address: " + DONE),
          new Generation(
              "1.10 to 1.15, pretty-printed",
              "{\n  \"level\": \"info\",\n  \"ts\": \"MILLI\",\n  \"msg\": \"MSG\"\n}",
              ADDED + "|AssignPodIPv4Address: " + TO_SANDBOX,
              "UnAssignPodIPAddress: " + FROM_SANDBOX + "|UnassignPodIPAddress: " + DONE),
          new Generation(
              "1.16 to 1.19, time of the host's zone",
              "{\"level\":\"info\",\"ts\":\"ZONED\",\"caller\":\"a/b.go:1\",\"msg\":\"MSG\"}",
              ADDED + "|assignPodIPAddressUnsafe: " + TO_SANDBOX,
              "unassignPodIPAddressUnsafe: " + FROM_SANDBOX + "|UnassignPodIPAddress: " + DONE),
          new Generation(
              "1.20 and later, the record cut behind the pod",
              "{\"level\":\"info\",\"ts\":\"MILLI\",\"caller\":\"a/b.go:1\",\"msg\":\"MSG",
              "assignPodIPAddressUnsafe: "
                  + TO_SANDBOX
                  + " with metadata {K8SPodNamespace:shop K8SPodName:PODNAME InterfacesCount:1}",
              "unassignPodIPAddressUnsafe: "
                  + FROM_SANDBOX
                  + "|IP 10.1.2.3 entering cooldown period of 45s (available after"
                  + " 2026-03-01T10:10:45Z)|UnassignPodIPAddress: "
                  + DONE));

  static Stream<Arguments> generations() {
    return GENERATIONS.stream().map(Arguments::of);
  }

  private static String text(
      Generation generation, Instant at, String step, String cid, String pod) {
    StringBuilder text = new StringBuilder();
    String zoned = at.plusSeconds(9 * 3600).toString().replace("Z", ".000+0900");
    for (String message : step.split("\\|")) {
      String filled = message.replace("CID", cid).replace("PODNAME", pod);
      if (generation.line().startsWith("{")) {
        filled = filled.replace("\"", "\\\"");
      }
      text.append(
              generation
                  .line()
                  .replace("SECOND", at.toString())
                  .replace("MILLI", at.toString().replace("Z", ".000Z"))
                  .replace("ZONED", zoned)
                  .replace("MSG", filled))
          .append('\n');
    }
    return text.toString();
  }

  @ParameterizedTest
  @MethodSource("generations")
  void poll_addDelAddAgain_twoHoldersAndACooldown(Generation generation) throws IOException {
    String log =
        text(generation, T0, generation.add(), CID, "web-0")
            + text(generation, T1, generation.del(), CID, "web-0")
            + text(generation, T2, generation.add(), OTHER_CID, "db-0");
    Files.writeString(logs.resolve("ipamd.log"), log);
    try (IpamReader reader = new IpamReader(logs, state)) {
      reader.poll();
      AddressTimeline timeline = reader.poll().timeline(ip("10.1.2.3"));

      assertThat(timeline.holders()).extracting(Allocation::from).containsExactly(T0, T2);
      assertThat(timeline.holders())
          .extracting(Allocation::until)
          .containsExactly(Optional.of(T1), Optional.empty());
      assertThat(timeline.holders())
          .extracting(holding -> holding.pod().orElseThrow())
          .containsExactly(new PodRef("shop", "web-0"), new PodRef("shop", "db-0"));
      assertThat(timeline.holders())
          .extracting(Allocation::containerId)
          .containsExactly(CID, OTHER_CID);
      boolean logged = generation.del().contains("cooldown");
      assertThat(timeline.coolings())
          .singleElement()
          .satisfies(
              cooling -> {
                assertThat(cooling.from()).isEqualTo(T1);
                assertThat(cooling.logged()).isEqualTo(logged);
                assertThat(cooling.availableAfter()).isEqualTo(T1.plusSeconds(logged ? 45 : 30));
              });
      assertThat(reader.poll().counters().unparsedLines()).isZero();
    }
  }

  @Test
  void poll_reassignOf14_isAHolderWithoutContainer() throws IOException {
    Files.writeString(
        logs.resolve("ipamd.log"),
        "2026-03-01T10:00:00Z [INFO] AssignPodIPv4Address Reassign IP 10.1.2.3 to pod (name web-0,"
            + " namespace shop)\n"
            + "2026-03-01T10:10:00Z [INFO] UnAssignIPv4Address: pod (Name: web-0, NameSpace shop"
            + " Container "
            + CID
            + ")'s ipAddr 10.1.2.3, DeviceNumber0\n");
    try (IpamReader reader = new IpamReader(logs, state)) {
      Allocation only = reader.poll().historyOf(ip("10.1.2.3")).getFirst();

      assertThat(reader.poll().historyOf(ip("10.1.2.3"))).hasSize(1);
      assertThat(only.pod()).contains(new PodRef("shop", "web-0"));
      assertThat(only.from()).isEqualTo(T0);
      assertThat(only.until()).contains(T1);
    }
  }
}
