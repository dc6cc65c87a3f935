package io.podhop.cli.render;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.cli.AddressScenes;
import io.podhop.cli.Golden;
import io.podhop.model.AddressHistory;
import io.podhop.model.AddressMoment;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressTextTest {
  private static final Style STYLE = new Style(true, false, false);
  private static final Style ASCII = new Style(false, false, false);

  private static AddressReport report(AddressHistory... nodes) {
    return new AddressReport(
        "10.1.2.3",
        false,
        List.of(nodes),
        List.of("node-c: its agent is not connected"),
        AddressScenes.NOW);
  }

  private static String text(AddressReport report, Style style) {
    return AddressText.of(report, ZoneOffset.UTC, style);
  }

  @Test
  void of_threeOwnersOnTwoNodes_barsAndTable() throws IOException {
    String text = text(report(AddressScenes.onNodeB(), AddressScenes.onNodeA()), STYLE);

    Golden.assertSame("ip.txt", text);
    assertThat(text.lines()).allMatch(line -> line.length() <= 80);
  }

  @Test
  void of_plainTerminal_onlyAscii() throws IOException {
    String text = text(report(AddressScenes.onNodeB(), AddressScenes.onNodeA()), ASCII);

    Golden.assertSame("ip-ascii.txt", text);
    assertThat(text.chars()).allMatch(c -> c < 0x7f);
  }

  @Test
  void of_bars_lieWhereTheirTimesAre() {
    List<String> lines =
        text(report(AddressScenes.onNodeB(), AddressScenes.onNodeA()), ASCII).lines().toList();
    String old = lines.get(3);
    String web = lines.get(4);
    String db = lines.get(5);

    // 69 cells are an hour from 10:00; old-0 is sure for two minutes of ten.
    assertThat(old).isEqualTo("shop/old-0  ##" + "?".repeat(9));
    assertThat(web.indexOf('#') - 12).isEqualTo(23);
    assertThat(web.indexOf('.') - 12).isEqualTo(45);
    assertThat(web.lastIndexOf('.') - 12).isEqualTo(50);
    assertThat(db.indexOf('#') - 12).isEqualTo(57);
    assertThat(db).endsWith("#>").hasSize(80);
  }

  @Test
  void of_nobody_saysSinceWhenAllKnow() {
    AddressReport report =
        new AddressReport(
            "10.9.9.9",
            false,
            List.of(AddressScenes.history("node-a", "")),
            List.of(),
            AddressScenes.NOW);

    assertThat(text(report, STYLE))
        .startsWith(
            "no node has 10.9.9.9, or knows of a pod that had it; all know since"
                + " 2026-03-01\n09:00:00.000 UTC\n");
    assertThat(report.known()).isFalse();
    assertThat(report.complete()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "HELD|10.1.2.3 was held by shop/web-0 at 2026-03-01 10:30:00.000 UTC",
        "PERHAPS_HELD|10.1.2.3 was perhaps still held by shop/web-0 at 2026-03-01 10:30:00.000",
        "COOLING|10.1.2.3 was cooling on node-a at 2026-03-01 10:30:00.000 UTC, until 2026-03-01",
        "FREE|10.1.2.3 was free on node-a at 2026-03-01 10:30:00.000 UTC; before, it was shop/web-0's",
        "OWN|10.1.2.3 is an ENI's own address on node-a: no pod can have it",
        "UNKNOWN|10.1.2.3 at 2026-03-01 10:30:00.000 UTC: not known, ipamd's logs do not go back so",
        "ELSEWHERE|10.1.2.3 at 2026-03-01 10:30:00.000 UTC was no address of any node that answered"
      })
  void moment_eachState_oneSentence(AddressMoment.State state, String sentence) {
    AddressHistory history = AddressScenes.onNodeA();
    AddressReport report =
        report(
            AddressScenes.at(
                AddressScenes.onNodeB(),
                AddressScenes.moment(AddressMoment.State.ELSEWHERE, Optional.empty())),
            AddressScenes.at(
                history, AddressScenes.moment(state, Optional.of(history.tenures().getFirst()))));
    String text =
        AddressMomentText.of(
            report,
            Instant.parse("2026-03-01T10:30:00Z"),
            ZoneOffset.UTC,
            new Style(true, false, true));

    assertThat(report.state()).isEqualTo(state);
    assertThat(text).startsWith(sentence);
    assertThat(text).contains("note  no answer from node-c: its agent is not connected");
  }

  @Test
  void node_described_within80ColumnsAndSafe() throws IOException {
    String text = NodeText.of(AddressScenes.node(), ZoneOffset.UTC, STYLE);

    Golden.assertSame("node.txt", text);
    assertThat(text.lines()).allMatch(line -> line.length() <= 80);
    assertThat(text).doesNotContain("\u001b");
  }

  @Test
  void node_wide_everyAddressAndSetting() {
    String text = NodeText.of(AddressScenes.node(), ZoneOffset.UTC, new Style(true, false, true));

    assertThat(text)
        .containsPattern("\n10\\.1\\.2\\.3 +eni-0bb1122334455667 +used ")
        .contains("cooling until 2026-03-01 11:00:20.000 UTC")
        .contains("\nWARM_ENI_TARGET=1\n");
  }
}
