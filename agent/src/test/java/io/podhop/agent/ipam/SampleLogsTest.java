package io.podhop.agent.ipam;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SampleLogsTest {
  private static final String EXPECTATIONS =
      """
      ipamd-2026-01-issue3572-nocaller.log | 4 | 4 | 0 | EniChanged=1, EniSetUp=1, Other=2
      ipamd-v0.1-issue40-insufficientfree.log | 5 | 3 | 0 | PoolCounted=1, TroubleSeen=2
      ipamd-v1.0-issue66.log | 1 | 1 | 0 | NoAddress=1
      ipamd-v1.1-blog2018-maxeni.log | 3 | 3 | 0 | Other=1, PoolCounted=1, TroubleSeen=1
      ipamd-v1.10-issue1856-rulelist.log | 3 | 3 | 0 | Other=3
      ipamd-v1.10-issue1967-startup.log | 6 | 6 | 0 | EniChanged=1, Other=5
      ipamd-v1.10-pr1621-cooldownstats.log | 8 | 4 | 3 | DelRequested=1, PoolCounted=2, SandboxNamed=1
      ipamd-v1.10-pr1773-insufficientfree.log | 4 | 4 | 0 | Other=2, TroubleSeen=2
      ipamd-v1.11-issue2045-noip.log | 5 | 5 | 0 | DelRequested=2, NoAddress=1, Other=2
      ipamd-v1.12-issue2163-sgp-add.log | 5 | 5 | 0 | AddReply=1, Other=2, SandboxNamed=2
      ipamd-v1.12-issue2470-connmarkchain.log | 3 | 3 | 0 | Other=3
      ipamd-v1.16-issue2837-iptablerules-line.log | 3 | 2 | 0 | Other=2
      ipamd-v1.16-issue2837-startup.log | 7 | 7 | 0 | EniAttached=1, NothingToRecover=1, Other=5
      ipamd-v1.18-seankhliao-insufficientcidr-cooldown.log | 18 | 18 | 0 | AddReply=1, Assigned=1, Other=12, PoolCounted=2, SandboxNamed=1, TroubleSeen=1
      ipamd-v1.20-issue3494-sgp.log | 6 | 6 | 0 | AddReply=1, BranchSetUp=1, EniAttached=1, NoAddress=1, Other=2, PoolCounted=1
      ipamd-v1.21.1-sirzzang-ipstats-prettyprinted.json | 6 | 1 | 0 | PoolCounted=1
      ipamd-v1.21.2-pr3561-cooldown.log | 7 | 2 | 5 | CooldownEntered=1, Other=1
      ipamd-v1.3-issue359-freeeni.log | 4 | 4 | 0 | EniChanged=2, Other=2
      ipamd-v1.6.1-issue989-iptables-lock.log | 5 | 5 | 0 | Other=5
      ipamd-v1.7-issue1509-init-cri.log | 8 | 8 | 0 | EniChanged=1, Other=6, PoolCounted=1
      ipamd-v1.7-issue1509-reconcile.log | 9 | 9 | 0 | EniAttached=1, Other=7, PoolCounted=1
      ipamd-v1.7-issue1509-snat-setup.log | 7 | 7 | 0 | Other=7
      ipamd-v1.9-pr1585-insufficientcidr.log | 5 | 5 | 0 | TroubleSeen=5
      plugin-v1.0.0-issue104.log | 2 | 2 | 0 | SandboxNamed=2
      plugin-v1.11-issue2048-del-prevresult.log | 2 | 2 | 0 | DelRequested=1, Other=1
      plugin-v1.17dev-pr2790-add.log | 3 | 3 | 0 | AddReply=1, Other=1, SetupPodNetwork=1
      plugin-v1.19-issue3270-sgp-add-del.log | 1 | 1 | 0 | SandboxNamed=1
      plugin-v1.21.1-sirzzang-add-prettyprinted.json | 30 | 5 | 0 | AddReply=1, SandboxNamed=1, SetupPodNetwork=1, Wired=2
      plugin-v1.3.2-issue344-del-then-add.log | 7 | 5 | 2 | DelRequested=1, Other=3, SandboxNamed=1
      plugin-v1.5.5-issue871.log | 6 | 6 | 0 | NoAddress=2, Other=2, SandboxNamed=2
      """;

  @Test
  void samples_allOfThisKind_haveExpectations() throws IOException {
    Samples.assertAllKnown(
        Pattern.compile("(ipamd|plugin)-.*"),
        EXPECTATIONS
            .lines()
            .map(line -> line.substring(0, line.indexOf(' ')))
            .collect(Collectors.toSet()));
  }

  /** What is unparsed in these files are the posters' own words and dots. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = EXPECTATIONS)
  void accept_sample_everyRecordUnderstood(
      String name, int lines, int records, int unparsed, String kinds) {
    List<IpamEvent> events = new ArrayList<>();
    IpamLogParser parser = new IpamLogParser((event, _) -> events.add(event));
    Samples.text(name).lines().forEach(parser::accept);
    parser.flush();

    assertThat(parser.lines()).isEqualTo(lines);
    assertThat(parser.records()).isEqualTo(records);
    assertThat(parser.unparsed()).isEqualTo(unparsed);
    assertThat(count(events)).isEqualTo("{" + kinds + "}");
    assertThat(events)
        .filteredOn(IpamEvent.Other.class::isInstance)
        .noneMatch(
            event ->
                MessageParser.mayCarryFacts(((IpamEvent.Other) event).message())
                    && ((IpamEvent.Other) event)
                        .message()
                        .matches(".*(Assign IP|hostVethName=|ipAddr ).*"));
  }

  private static String count(List<IpamEvent> events) {
    Map<String, Long> kinds =
        events.stream()
            .map(event -> event.getClass().getSimpleName())
            .collect(
                Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()));
    return kinds.toString();
  }

  @Test
  void parse_sampleState_everyAllocationRead() throws IOException {
    IpamStateFile.Content content =
        IpamStateFile.parse("ipam.json", Samples.text("ipam-json-v1.11dev-pr1958.json"));

    assertThat(content.malformed()).isZero();
    assertThat(content.entries())
        .hasSize(4)
        .allMatch(entry -> entry.containerId().length() == 64)
        .allMatch(entry -> entry.pod().isPresent() && entry.allocatedAt().isPresent());
  }
}
