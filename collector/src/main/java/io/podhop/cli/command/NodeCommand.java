package io.podhop.cli.command;

import io.podhop.cli.client.CollectorClient;
import io.podhop.cli.client.CollectorException;
import io.podhop.cli.render.NodeText;
import io.podhop.cli.render.NodeTree;
import io.podhop.model.NodeDescription;
import java.time.ZoneId;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code podhop node}: what a node has for its pods, and what limits it. */
@Command(
    name = "node",
    sortOptions = false,
    description = {
      "Show a node's ENIs and addresses, how many pods it can have and what limits it.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  podhop node node-a",
      "  podhop node node-a -o wide                     every address, and settings",
      "  podhop --bundle a.tgz node node-a              by a support bundle",
      "  podhop node node-a -o json | jq '.enis[].ranges'"
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:described",
      "2:wrong usage, or no such node",
      "3:no collector, or nothing from the node"
    })
final class NodeCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "NODE", description = "As podhop nodes names it.")
  private String node;

  @Mixin private OutputOption output;
  @Mixin private final AnswersOption answers;

  NodeCommand(Bundles bundles) {
    this.answers = new AnswersOption(bundles);
  }

  @Override
  public Integer call() {
    return output.guard(this::show);
  }

  private int show() throws UsageException, CollectorException {
    if (node.isBlank()) {
      throw new UsageException("name the node as podhop nodes does");
    }
    try (CollectorClient client = answers.connect(output)) {
      NodeDescription answer = client.node(node);
      output.print(
          style -> NodeText.of(answer, ZoneId.systemDefault(), style), () -> NodeTree.of(answer));
      return 0;
    }
  }
}
