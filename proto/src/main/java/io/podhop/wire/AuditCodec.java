package io.podhop.wire;

import io.podhop.model.AuditReport;
import io.podhop.model.Finding;

/** What an audit of a node found. */
public final class AuditCodec {
  private AuditCodec() {}

  public static io.podhop.v1.AuditReport encode(AuditReport report) {
    return io.podhop.v1.AuditReport.newBuilder()
        .setNode(report.node())
        .addAllFindings(report.findings().stream().map(AuditCodec::encode).toList())
        .addAllChecked(report.checked())
        .addAllUnchecked(report.unchecked())
        .build();
  }

  /**
   * @throws IllegalArgumentException when a severity or a citation is none
   */
  public static AuditReport decode(io.podhop.v1.AuditReport report) {
    return new AuditReport(
        report.getNode(),
        report.getFindingsList().stream().map(AuditCodec::decode).toList(),
        report.getCheckedList(),
        report.getUncheckedList());
  }

  private static io.podhop.v1.Finding encode(Finding finding) {
    return io.podhop.v1.Finding.newBuilder()
        .setId(finding.id())
        .setSeverity(finding.severity().toString())
        .setSubject(finding.subject())
        .setSentence(finding.sentence())
        .addAllEvidence(finding.evidence().stream().map(ModelCodec::encode).toList())
        .setAdvice(finding.advice())
        .build();
  }

  private static Finding decode(io.podhop.v1.Finding finding) {
    return new Finding(
        finding.getId(),
        TraceCodec.spelled(Finding.Severity.values(), finding.getSeverity()),
        finding.getSubject(),
        finding.getSentence(),
        finding.getEvidenceList().stream().map(ModelCodec::decode).toList(),
        finding.getAdvice());
  }
}
