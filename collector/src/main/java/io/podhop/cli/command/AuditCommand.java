package io.podhop.cli.command;

import io.podhop.cli.client.CollectorClient;
import io.podhop.cli.client.CollectorException;
import io.podhop.cli.client.KnownAudits;
import io.podhop.cli.render.AuditText;
import io.podhop.cli.render.AuditTree;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code podhop audit}: what on a node is not as the CNI should have left it. */
@Command(
    name = "audit",
    sortOptions = false,
    description = {
      "Hold a node against what the VPC CNI should have written on it: policy rules,",
      "routes, addresses, iptables, the inside of pods, kernel parameters, tables.",
      "Nothing is sent, captured or changed.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  podhop audit                                   every node",
      "  podhop audit ip-192-168-0-10                   one of them",
      "  podhop --bundle a.tgz audit                    by a support bundle",
      "  podhop audit -o wide                           and which checks were made",
      "  podhop audit -o json | jq -r '.nodes[].findings[] | .id + \" \" + .subject'"
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:nothing found on the nodes that answered",
      "1:something found",
      "2:wrong usage",
      "3:no node could be audited, or no collector"
    })
final class AuditCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "NODE",
      defaultValue = "",
      description = "A node's name, as `podhop nodes` lists it. Default: all nodes.")
  private String node = "";

  @Mixin private OutputOption output;
  @Mixin private final AnswersOption answers;

  AuditCommand(Bundles bundles) {
    this.answers = new AnswersOption(bundles);
  }

  @Override
  public Integer call() {
    return output.guard(this::audit);
  }

  private int audit() throws UsageException, CollectorException {
    try (CollectorClient client = answers.connect(output)) {
      KnownAudits audits = client.audit(node);
      output.print(
          style -> AuditText.of(audits.reports(), audits.silent(), style),
          () -> AuditTree.of(audits.reports(), audits.silent()));
      if (audits.reports().isEmpty()) {
        return Exit.NOT_OBSERVABLE;
      }
      boolean found = audits.reports().stream().anyMatch(report -> !report.findings().isEmpty());
      return found ? Exit.NOT_DELIVERED : Exit.DELIVERED;
    }
  }
}
