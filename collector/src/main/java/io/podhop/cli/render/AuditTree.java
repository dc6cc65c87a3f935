package io.podhop.cli.render;

import io.podhop.model.AuditReport;
import io.podhop.model.Citation;
import io.podhop.model.Finding;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The answer of {@code podhop audit} for programs; keys are stable. */
public final class AuditTree {
  private AuditTree() {}

  /**
   * {@code {"errors": …, "warnings": …, "nodes": […], "silentNodes": […]}}.
   *
   * @param silent nodes that did not answer, each with the reason behind a colon
   */
  public static ObjectNode of(List<AuditReport> reports, List<String> silent) {
    ObjectNode tree = JsonNodeFactory.instance.objectNode();
    tree.put("errors", count(reports, Finding.Severity.ERROR));
    tree.put("warnings", count(reports, Finding.Severity.WARNING));
    ArrayNode nodes = tree.putArray("nodes");
    reports.forEach(report -> fill(nodes.addObject(), report));
    strings(tree.putArray("silentNodes"), silent);
    return tree;
  }

  private static long count(List<AuditReport> reports, Finding.Severity severity) {
    return reports.stream().mapToLong(report -> report.count(severity)).sum();
  }

  private static void fill(ObjectNode tree, AuditReport report) {
    tree.put("node", report.node());
    ArrayNode findings = tree.putArray("findings");
    report.findings().forEach(finding -> fill(findings.addObject(), finding));
    strings(tree.putArray("checked"), report.checked());
    strings(tree.putArray("unchecked"), report.unchecked());
  }

  private static void fill(ObjectNode tree, Finding finding) {
    tree.put("id", finding.id());
    tree.put("severity", finding.severity().toString());
    tree.put("subject", finding.subject());
    tree.put("sentence", finding.sentence());
    ArrayNode evidence = tree.putArray("evidence");
    for (Citation citation : finding.evidence()) {
      evidence
          .addObject()
          .put("source", Words.of(citation.source()))
          .put("place", citation.place())
          .put("number", citation.number())
          .put("text", citation.text());
    }
    tree.put("advice", finding.advice());
  }

  private static void strings(ArrayNode array, List<String> values) {
    values.forEach(array::add);
  }
}
