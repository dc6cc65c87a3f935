package io.podhop.agent.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node's ENI in the lab, as the CNI wires it: what our decoder reads there against tshark. */
class DecoderAgainstLabTest {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final String POD = "shop/api-5b8d9c7f44-q8w2z";
  private static final String FAR_POD = "192.168.33.21";
  private static final String INTERNET = "203.0.113.10";

  private final String lab = "ph-" + UUID.randomUUID().toString().substring(0, 8);
  private final String program = Path.of("..", "deploy", "lab", "lab").toString();

  @TempDir Path folder;

  @BeforeEach
  void up() throws Exception {
    Tools.run(program, "up", "--name", lab);
  }

  @AfterEach
  void down() throws Exception {
    Tools.run(program, "down", lab);
  }

  @Test
  void recordedOnAnEni_everyFieldAgrees() throws Exception {
    Path snat = folder.resolve("eth0.pcap");
    Path direct = folder.resolve("eth1.pcap");
    List<Process> recorders = List.of(record("eth0", snat), record("eth1", direct));

    inPod("curl -s http://" + INTERNET + "/ >/dev/null");
    inPod("curl -s --max-time 5 http://" + INTERNET + ":9/ || true");
    inPod("ping -c1 -W5 " + INTERNET);
    inPod("curl -s http://" + FAR_POD + ":8080/bytes/60000 >/dev/null");
    inPod("dig +time=5 +tries=1 @192.168.33.12 db.shop.svc.cluster.local");
    inPod("echo x >/dev/udp/" + FAR_POD + "/9999");
    inPod("ping -c1 -W5 " + FAR_POD);

    for (Path file : List.of(snat, direct)) {
      await()
          .atMost(BOUND)
          .untilAsserted(
              () ->
                  assertThat(ViewFields.read(file))
                      .anySatisfy(p -> assertThat(p).containsEntry("icmpType", "0")));
    }
    recorders.forEach(Process::destroy);
    for (Process recorder : recorders) {
      recorder.waitFor();
    }
    List<Map<String, String>> left = ViewFields.read(snat);
    DecoderAgainstTsharkTest.assertAgree(left, TsharkFields.read(snat));
    assertThat(left)
        .as("behind SNAT")
        .anySatisfy(p -> assertThat(p).containsEntry("source", "192.168.0.10"));
    List<Map<String, String>> right = ViewFields.read(direct);
    DecoderAgainstTsharkTest.assertAgree(right, TsharkFields.read(direct));
    assertThat(right)
        .as("DNS")
        .anySatisfy(p -> assertThat(p).containsEntry("dnsName", "db.shop.svc.cluster.local"));
    assertThat(right).as("an ICMP error").anySatisfy(p -> assertThat(p).containsKey("quotedPorts"));
  }

  private Process record(String eni, Path file) throws Exception {
    File log = folder.resolve(eni + ".log").toFile();
    Process recorder =
        Tools.start(
            log,
            log,
            program,
            "exec",
            lab,
            "node-a",
            "--",
            "tcpdump",
            "-Z",
            "root",
            "-i",
            eni,
            "--immediate-mode",
            "--nano",
            "-U",
            "-w",
            file.toString(),
            "not arp");
    await()
        .atMost(BOUND)
        .until(() -> !recorder.isAlive() || Files.readString(log.toPath()).contains("listening"));
    assertThat(recorder.isAlive()).as("tcpdump: %s", Files.readString(log.toPath())).isTrue();
    return recorder;
  }

  private void inPod(String command) throws Exception {
    Tools.run(program, "exec", lab, POD, "--", "bash", "-c", command);
  }
}
