package io.podhop.model;

import java.util.List;

/**
 * A node held against what the CNI should have written.
 *
 * @param findings errors first
 * @param checked ids of the checks that were made, wholly or in part
 * @param unchecked what could not be checked, and why, in sentences
 */
public record AuditReport(
    String node, List<Finding> findings, List<String> checked, List<String> unchecked) {
  public AuditReport {
    findings = List.copyOf(findings);
    checked = List.copyOf(checked);
    unchecked = List.copyOf(unchecked);
  }

  /** How many findings are of the severity. */
  public long count(Finding.Severity severity) {
    return findings.stream().filter(finding -> finding.severity() == severity).count();
  }
}
