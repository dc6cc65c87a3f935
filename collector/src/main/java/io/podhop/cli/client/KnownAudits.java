package io.podhop.cli.client;

import io.podhop.model.AuditReport;
import java.util.List;

/**
 * Audits as the collector gathered them.
 *
 * @param silent nodes that did not answer, each with the reason behind a colon
 */
public record KnownAudits(List<AuditReport> reports, List<String> silent) {
  public KnownAudits {
    reports = List.copyOf(reports);
    silent = List.copyOf(silent);
  }
}
