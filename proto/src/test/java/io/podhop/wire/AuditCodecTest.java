package io.podhop.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.model.AuditReport;
import io.podhop.model.Citation;
import io.podhop.model.Finding;
import io.podhop.model.Finding.Severity;
import java.util.List;
import org.junit.jupiter.api.Test;

class AuditCodecTest {
  private static final AuditReport REPORT =
      new AuditReport(
          "node-a",
          List.of(
              new Finding(
                  "missing-rule-512",
                  Severity.ERROR,
                  "shop/web-0",
                  "no rule 512",
                  List.of(
                      new Citation(
                          Citation.Source.POLICY_RULE, "rule", 32766, "from all lookup main")),
                  "make the pod anew"),
              new Finding("leaked-rule", Severity.WARNING, "10.1.1.13", "is left", List.of(), "")),
          List.of("missing-rule-512", "leaked-rule"),
          List.of("pod-mtu: no pod's network namespace was read"));

  @Test
  void report_encodedAndDecoded_isTheSame() {
    assertThat(AuditCodec.decode(AuditCodec.encode(REPORT))).isEqualTo(REPORT);
    assertThat(AuditCodec.encode(REPORT).getFindings(0).getSeverity()).isEqualTo("error");
    assertThat(REPORT.count(Severity.WARNING)).isEqualTo(1);
  }

  @Test
  void report_ofUnknownSeverity_isRefused() {
    io.podhop.v1.AuditReport strange =
        io.podhop.v1.AuditReport.newBuilder()
            .addFindings(io.podhop.v1.Finding.newBuilder().setSeverity("fatal"))
            .build();

    assertThatThrownBy(() -> AuditCodec.decode(strange))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
