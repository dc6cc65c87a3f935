package io.podhop.agent.audit;

import io.podhop.agent.correlate.NodeView;
import io.podhop.model.AuditReport;
import io.podhop.model.Finding;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Every check of a node. */
public final class Audit {
  private static final List<Check> CHECKS =
      Stream.of(
              PodRuleChecks.ALL,
              NodeRuleChecks.ALL,
              BranchChecks.ALL,
              RouteChecks.ALL,
              AddressChecks.ALL,
              IptablesChecks.ALL,
              ConnmarkChecks.ALL,
              ForwardChecks.ALL,
              LinkChecks.ALL,
              InsideChecks.ALL,
              NeighbourChecks.ALL,
              TableChecks.ALL)
          .flatMap(List::stream)
          .toList();

  private Audit() {}

  /** What is wrong on a node; pure. */
  public static AuditReport of(NodeView view) {
    NodeFacts facts = new NodeFacts(view);
    List<Finding> findings = new ArrayList<>();
    List<String> checked = new ArrayList<>();
    Map<String, List<String>> idsByReason = new LinkedHashMap<>();
    for (Check check : CHECKS) {
      Remarks remarks = new Remarks(check.id());
      check.look().accept(facts, remarks);
      findings.addAll(remarks.findings());
      if (remarks.made()) {
        checked.add(check.id());
      }
      for (String reason : remarks.unchecked()) {
        idsByReason.computeIfAbsent(reason, _ -> new ArrayList<>()).add(check.id());
      }
    }
    findings.sort(Comparator.comparing(Finding::severity));
    List<String> unchecked = new ArrayList<>();
    idsByReason.forEach((reason, ids) -> unchecked.add(String.join(", ", ids) + ": " + reason));
    return new AuditReport(view.inventory().node(), findings, checked, unchecked);
  }
}
