package io.podhop.cli.command;

import io.podhop.cli.client.CollectorClient;
import io.podhop.cli.client.CollectorException;
import io.podhop.cli.client.ExplainQuestion;
import io.podhop.cli.render.ExplanationText;
import io.podhop.cli.render.ExplanationTree;
import io.podhop.model.Explanation;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code podhop explain}: the way that a connection should take, without sending a packet. */
@Command(
    name = "explain",
    sortOptions = false,
    description = {
      "Explain which way a connection from SOURCE to DEST should take, there and back,",
      "by the rules, routes and chains of the nodes. Nothing is sent or captured.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  podhop explain shop/web-0 shop/db-0 -p 5432    pod to pod",
      "  podhop explain web-0 svc/db -n shop            to a service",
      "  podhop explain shop/web-0 example.com -p 443   to a host outside the VPC",
      "  podhop explain shop/web-0 shop/db-0 --length 9001",
      "  podhop --bundle a.tgz --bundle b.tgz explain shop/web-0 shop/db-0",
      "  podhop explain shop/web-0 shop/db-0 -o json | jq '.legs[].hops[].why'",
      "",
      "JSON and YAML have source, destination, protocol, verdict, notes, and legs[],",
      "one for each node that a packet passes, with hops[], fate, translation,",
      "choices[] and mtu; or error and reason when nothing could be explained.",
      "Keys are stable."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:would be delivered",
      "1:would not be delivered: the verdict says where it ends",
      "2:wrong usage: unknown or ambiguous name, bad option",
      "3:cannot be told: no collector, no agent, or what no node knows"
    })
final class ExplainCommand implements Callable<Integer> {
  private static final int MAX_LENGTH = 65_535;

  @Mixin private EndsOption ends;

  @Option(
      names = "--length",
      paramLabel = "BYTES",
      description = "Length of the IP packet, to be held against every MTU. Default: small.")
  private int length;

  @Mixin private OutputOption output;
  @Mixin private final AnswersOption answers;

  ExplainCommand(Bundles bundles) {
    this.answers = new AnswersOption(bundles);
  }

  @Override
  public Integer call() {
    return output.guard(this::explain);
  }

  private int explain() throws UsageException, CollectorException {
    ends.check();
    UsageException.unless(
        length >= 0 && length <= MAX_LENGTH, "--length must be 1 to " + MAX_LENGTH);
    ExplainQuestion question =
        new ExplainQuestion(ends.ends(), ends.namespace(), ends.port(), ends.protocol(), length);
    try (CollectorClient client = answers.connect(output)) {
      Explanation explanation = client.explain(question);
      output.print(
          style -> ExplanationText.of(explanation, style), () -> ExplanationTree.of(explanation));
      return Exit.of(explanation.verdict());
    }
  }
}
