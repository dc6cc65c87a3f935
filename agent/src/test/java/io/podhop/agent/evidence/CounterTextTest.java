package io.podhop.agent.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.agent.linux.EthtoolStatistics;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.LinuxException;
import io.podhop.agent.linux.ProcFs;
import io.podhop.agent.linux.TestNamespace;
import io.podhop.model.NodeEvidence.CounterChange;
import io.podhop.model.PodRef;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class CounterTextTest {
  private static final long SEED = 20_261_125;
  private static final String NODE = CounterChange.NODE;

  private static final Set<String> GAUGES =
      Set.of(
          "IpForwarding",
          "IpDefaultTTL",
          "TcpRtoAlgorithm",
          "TcpRtoMin",
          "TcpRtoMax",
          "TcpMaxConn",
          "TcpCurrEstab");

  private static final String SNMP =
      """
      Ip: Forwarding DefaultTTL InReceives InAddrErrors
      Ip: 1 64 1000 3
      Tcp: RtoMin MaxConn CurrEstab RetransSegs
      Tcp: 200 -1 17 9
      """;
  private static final String CONNTRACK =
      """
      entries  clashres found new invalid ignore delete chainlength insert insert_failed drop
      0000001f  00000001 00000000 00000000 0000000a 00000000 00000000 00000002 00000000 00000003 00000004
      0000001f  00000000 00000000 00000000 00000001 00000000 00000000 00000000 00000000 00000010 00000001
      """;
  private static final String DEV =
      """
      Inter-|   Receive                                                |  Transmit
       face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
          lo:    1       2    0    0    0     0          0         0       1       2    0    0    0     0       0          0
        eth0:11 12 13 14 15 16 17 18 21 22 23 24 25 26 27 28
      """;
  private static final String SOFTNET =
      """
      0000beef 00000002 00000010 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
      0000beef 00000001 00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000005
      """;

  @Test
  void text_ofEachFile_namedAsTheToolsDo() {
    assertThat(CounterText.pairs(SNMP))
        .containsEntry("IpInReceives", 1000L)
        .containsEntry("IpInAddrErrors", 3L)
        .containsEntry("TcpMaxConn", -1L)
        .containsEntry("TcpRetransSegs", 9L)
        .hasSize(8);
    assertThat(CounterText.conntrack(CONNTRACK))
        .doesNotContainKey("entries")
        .containsEntry("clash_resolve", 1L)
        .containsEntry("chaintoolong", 2L)
        .containsEntry("invalid", 11L)
        .containsEntry("insert_failed", 19L)
        .containsEntry("drop", 5L)
        .doesNotContainKey("early_drop");
  }

  @Test
  void textWithoutNames_columnsByTheirPlace() {
    assertThat(CounterText.devices(DEV).get("eth0"))
        .isEqualTo(
            Map.of(
                "rx_errors",
                13L,
                "rx_dropped",
                14L,
                "rx_fifo_errors",
                15L,
                "rx_frame_errors",
                16L,
                "tx_errors",
                23L,
                "tx_dropped",
                24L,
                "tx_fifo_errors",
                25L,
                "tx_carrier_errors",
                27L));
    assertThat(CounterText.devices(DEV)).containsOnlyKeys("lo", "eth0");
    assertThat(CounterText.softnet(SOFTNET))
        .isEqualTo(
            Map.of(
                "softnet.dropped", 3L,
                "softnet.time_squeeze", 17L,
                "softnet.flow_limit_count", 5L));
    assertThat(CounterText.lines("Ip6InReceives   \t7\nIp6InHdrErrors 0\n"))
        .isEqualTo(Map.of("Ip6InReceives", 7L, "Ip6InHdrErrors", 0L));
  }

  @Test
  void since_roseResetNewAndTraffic_onlyCountersOfTroubleThatRose() {
    Counters before =
        new Counters(
            Map.of(
                NODE,
                Map.of(
                    "IpInReceives",
                    1L,
                    "IpInDiscards",
                    5L,
                    "drop",
                    7L,
                    "UdpNoPorts",
                    2L,
                    "conntrack_allowance_available",
                    1L)));
    Map<String, Map<String, Long>> later = new HashMap<>();
    later.put(
        NODE,
        Map.of(
            "IpInReceives",
            9L,
            "IpInDiscards",
            9L,
            "drop",
            2L,
            "UdpNoPorts",
            2L,
            "TcpExtListenDrops",
            4L,
            "conntrack_allowance_available",
            7L));
    later.put("eni1", Map.of("rx_dropped", 99L));

    assertThat(new Counters(later).since(before))
        .containsExactly(
            new CounterChange(NODE, "IpInDiscards", 5, 9),
            new CounterChange(NODE, "TcpExtListenDrops", 0, 4));
  }

  @Test
  void read_driverOfAnEni_allowancesKept_absentOnesAbsent() throws IOException {
    try (TestNamespace node = new TestNamespace()) {
      List<String> unavailable = new ArrayList<>();
      Map<String, Long> driver =
          new HashMap<>(Map.of("bw_in_allowance_exceeded", 5L, "tx_cnt", 8L));
      ProcFs proc = new ProcFs(Path.of("/proc"), new LinuxCounters());
      CounterReader reader = new CounterReader(proc, node.pid(), _ -> Map.copyOf(driver));
      Counters before = reader.read(Set.of(), List.of("lo"), List.of(), unavailable::add);
      driver.put("bw_in_allowance_exceeded", 7L);
      driver.put("tx_cnt", 80L);

      Counters after = reader.read(Set.of(), List.of("lo"), List.of(), unavailable::add);

      assertThat(after.since(before))
          .filteredOn(change -> change.scope().equals("lo"))
          .containsExactly(new CounterChange("lo", "bw_in_allowance_exceeded", 5, 7));
      assertThat(unavailable).isEmpty();
    }
  }

  @Test
  void read_podGoneOrNoSuchDevice_saidInASentence() throws IOException {
    try (TestNamespace node = new TestNamespace()) {
      List<String> unavailable = new ArrayList<>();
      ProcFs proc = new ProcFs(Path.of("/proc"), new LinuxCounters());
      CounterReader reader = new CounterReader(proc, node.pid(), EthtoolStatistics::read);

      Counters counters =
          reader.read(
              Set.of(),
              List.of("nosuchdevice"),
              List.of(new PodPlace(new PodRef("shop", "cart"), node.pid(), 1)),
              unavailable::add);

      assertThat(unavailable)
          .hasSize(2)
          .anyMatch(text -> text.contains("nosuchdevice") && text.contains("ENODEV"))
          .contains("counters of shop/cart: its network namespace is gone");
      assertThat(counters.of(NODE)).containsKey("IpInReceives");
    }
  }

  @Test
  void ethtool_vethAndAbsent_asTheToolPrints() throws IOException {
    try (TestNamespace node = new TestNamespace()) {
      TestNamespace.run(
          "ip",
          "link",
          "add",
          "phe" + node.pid(),
          "type",
          "veth",
          "peer",
          "name",
          "eth0",
          "netns",
          node.name());
      String device = "phe" + node.pid();
      Map<String, Long> printed = new TreeMap<>();
      Matcher m =
          Pattern.compile("^ +(\\S+): (\\d+)$", Pattern.MULTILINE)
              .matcher(TestNamespace.run("ethtool", "-S", device));
      while (m.find()) {
        printed.put(m.group(1), Long.valueOf(m.group(2)));
      }

      assertThat(new TreeMap<>(EthtoolStatistics.read(device))).isEqualTo(printed).isNotEmpty();
      assertThat(EthtoolStatistics.read("lo")).isEmpty();
      TestNamespace.run("ip", "link", "del", device);
      assertThatThrownBy(() -> EthtoolStatistics.read(device)).isInstanceOf(LinuxException.class);
    }
  }

  @Test
  void read_quietNamespace_equalsNstatAndConntrackS() throws IOException {
    try (TestNamespace node = new TestNamespace()) {
      ProcFs proc = new ProcFs(Path.of("/proc"), new LinuxCounters());
      node.exec("ping", "-c", "2", "-i", "0.2", "127.0.0.1");
      Counters counters =
          new CounterReader(proc, node.pid(), _ -> Map.of())
              .read(Set.of(), List.of(), List.of(), text -> assertThat(text).isEmpty());

      int compared = 0;
      for (String line : node.exec("nstat", "-asz").lines().toList()) {
        String[] words = line.split("\\s+", -1);
        // nstat leaves out what is no counter, and cannot print what is negative.
        if (!line.startsWith("#") && !GAUGES.contains(words[0])) {
          assertThat(counters.of(NODE)).containsEntry(words[0], Long.parseLong(words[1]));
          compared++;
        }
      }
      assertThat(compared).isGreaterThan(200);
      assertThat(counters.of(NODE)).containsEntry("IcmpInEchos", 2L);
      Map<String, Long> sums = new HashMap<>();
      Matcher m = Pattern.compile("(\\w+)=(\\d+) ").matcher(node.exec("conntrack", "-S"));
      while (m.find()) {
        sums.merge(m.group(1), Long.valueOf(m.group(2)), Long::sum);
      }
      sums.remove("cpu");
      assertThat(sums).hasSizeGreaterThan(5);
      assertThat(counters.of(NODE)).containsAllEntriesOf(sums);
    }
  }

  @Test
  void mutatedTexts_neverThrow_neverMoreThanTheLinesHold() {
    Random random = new Random(SEED);
    for (int i = 0; i < 20_000; i++) {
      String text = Mutation.of(List.of(SNMP, CONNTRACK, DEV, SOFTNET).get(i % 4), random);
      assertThat(CounterText.pairs(text).size()).isLessThan(60);
      assertThat(CounterText.conntrack(text).size()).isLessThan(60);
      assertThat(CounterText.devices(text).size()).isLessThan(30);
      assertThat(CounterText.softnet(text).size()).isLessThanOrEqualTo(3);
      assertThat(CounterText.lines(text).size()).isLessThan(30);
    }
  }
}
