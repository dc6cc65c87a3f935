package io.podhop.agent.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.ipam.Samples;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyLogTest {
  private static final Instant AT = Instant.parse("2026-03-01T10:00:00.250Z");
  private static final FlowKey TUPLE =
      new FlowKey(
          Protocol.TCP, IpAddress.parse("10.1.2.3"), 41000, IpAddress.parse("10.1.9.8"), 8080);
  private static final String KEYS =
      "{\"level\":\"info\",\"ts\":\"2026-03-01T10:00:00.250Z\",\"logger\":\"ebpf-client\","
          + "\"caller\":\"events/events.go:1\",\"msg\":\"Flow Info:  \",\"Src IP\":\"10.1.2.3\","
          + "\"Src Port\":41000,\"Dest IP\":\"10.1.9.8\",\"Dest Port\":8080,\"Proto\":\"TCP\","
          + "\"Verdict\":\"DENY\"}";
  private static final String MESSAGE =
      "{\"level\":\"info\",\"ts\":\"2026-03-01T10:00:00.250Z\",\"caller\":\"events/events.go:2\","
          + "\"msg\":\"Flow Info: Src IP: 10.1.2.3 Src Port: 41000 Dest IP: 10.1.9.8 Dest Port:"
          + " 8080 Proto TCP Verdict DENY Direction egress, Tier NETWORK_POLICY\"}";

  @TempDir Path folder;
  private final List<String> unavailable = new ArrayList<>();

  @Test
  void denied_bothForms_sameMeaning() {
    assertThat(PolicyLine.denied(KEYS)).contains(new PolicyVerdict(AT, TUPLE, KEYS));
    assertThat(PolicyLine.denied(MESSAGE)).contains(new PolicyVerdict(AT, TUPLE, MESSAGE));
    assertThat(PolicyLine.denied(KEYS.replace("250Z", "250+0000")))
        .hasValueSatisfying(verdict -> assertThat(verdict.at()).isEqualTo(AT));
    assertThat(PolicyLine.denied(KEYS.replace("DENY", "ACCEPT"))).isEmpty();
    assertThat(PolicyLine.denied(KEYS.replace("TCP", "SCTP"))).isEmpty();
    assertThat(PolicyLine.denied(KEYS.replace("41000", "99999"))).isEmpty();
    assertThat(PolicyLine.denied("")).isEmpty();
  }

  @Test
  void denials_ofTheTupleEitherWayInTheWindow_others() throws IOException {
    Path log = Files.writeString(folder.resolve("npa.log"), KEYS + "\n");
    try (PolicyLog policy = PolicyLog.open(log)) {
      append(log, MESSAGE);
      append(log, MESSAGE.replace("8080", "8081"));
      append(log, KEYS.replace("10:00:00", "09:00:00"));

      assertThat(policy.denials(List.of(TUPLE.reversed()), AT.minusSeconds(1), unavailable::add))
          .containsExactly(new PolicyVerdict(AT, TUPLE, MESSAGE));
    }
    assertThat(unavailable).isEmpty();
  }

  @Test
  void rotatedMeanwhile_bothFilesRead() throws IOException {
    Path log = Files.writeString(folder.resolve("npa.log"), KEYS + "\n");
    try (PolicyLog policy = PolicyLog.open(log)) {
      append(log, MESSAGE);
      Files.move(log, folder.resolve("npa-1.log"));
      Files.writeString(log, KEYS + "\n");

      assertThat(policy.denials(List.of(TUPLE), AT, unavailable::add))
          .extracting(PolicyVerdict::line)
          .containsExactly(MESSAGE, KEYS);
    }
  }

  @Test
  void truncated_readFromItsStart_absent_nothingKnown() throws IOException {
    Path log = Files.writeString(folder.resolve("npa.log"), (KEYS + "\n").repeat(5));
    try (PolicyLog policy = PolicyLog.open(log)) {
      Files.writeString(log, MESSAGE + "\n", StandardOpenOption.TRUNCATE_EXISTING);
      assertThat(policy.denials(List.of(TUPLE), AT, unavailable::add)).hasSize(1);
    }
    try (PolicyLog absent = PolicyLog.open(folder.resolve("absent.log"))) {
      assertThat(absent.denials(List.of(TUPLE), AT, unavailable::add)).isEmpty();
      Files.writeString(folder.resolve("absent.log"), KEYS + "\n");
      assertThat(absent.denials(List.of(TUPLE), AT, unavailable::add)).hasSize(1);
    }
    assertThat(unavailable).isEmpty();
  }

  @Test
  void moreThanTheBound_itsEndRead_andSaid() throws IOException {
    Path log = Files.writeString(folder.resolve("npa.log"), "");
    try (PolicyLog policy = PolicyLog.open(log)) {
      append(log, "x".repeat(PolicyLog.MAX_BYTES));
      append(log, KEYS);

      assertThat(policy.denials(List.of(TUPLE), AT, unavailable::add)).hasSize(1);
      assertThat(unavailable).singleElement().asString().contains("only its last");
    }
  }

  @Test
  void sample_ofTheAgent_everyLineADenial() {
    List<String> lines =
        Samples.text("npa-flowlog-2025-04-keyvalue-issue390.log")
            .lines()
            .filter(line -> line.contains("DENY"))
            .toList();

    assertThat(lines).isNotEmpty();
    assertThat(lines).allSatisfy(line -> assertThat(PolicyLine.denied(line)).isPresent());
  }

  @Test
  void mutatedLines_neverThrow() {
    Random random = new Random(7);
    int understood = 0;
    for (int i = 0; i < 20_000; i++) {
      String line = Mutation.of(i % 2 == 0 ? KEYS : MESSAGE, random);
      understood += PolicyLine.denied(line).isPresent() ? 1 : 0;
    }
    assertThat(understood).isBetween(1000, 19_000);
  }

  private static void append(Path log, String line) throws IOException {
    Files.writeString(log, line + "\n", StandardOpenOption.APPEND);
  }
}
