package io.podhop.cli.command;

import io.podhop.cli.client.CollectorClient;
import io.podhop.cli.client.CollectorException;
import io.podhop.cli.render.NodeReport;
import io.podhop.cli.render.NodesText;
import io.podhop.cli.render.NodesTree;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code podhop nodes}: which agents the collector hears, and what they told it. */
@Command(
    name = "nodes",
    sortOptions = false,
    description = {"List the nodes with their agents' state, ENIs and pods.", ""},
    footerHeading = "%nExamples:%n",
    footer = {
      "  podhop nodes",
      "  podhop nodes -o wide                           every pod with its ENI and veth",
      "  podhop nodes -o json | jq -r '.nodes[].pods[].name'"
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:listed", "2:wrong usage", "3:no collector"})
final class NodesCommand implements Callable<Integer> {
  @Mixin private OutputOption output;
  @Mixin private CollectorOption collector;

  @Override
  public Integer call() {
    return output.guard(this::list);
  }

  private int list() throws UsageException, CollectorException {
    try (CollectorClient client = CollectorClient.connect(collector.address())) {
      List<NodeReport> nodes =
          client.nodes().stream()
              .map(
                  node ->
                      new NodeReport(
                          node.inventory(),
                          node.connected(),
                          Instant.EPOCH.plusNanos(node.lastHeardNs()),
                          node.version()))
              .toList();
      output.print(style -> NodesText.of(nodes, Instant.now(), style), () -> NodesTree.of(nodes));
      return 0;
    }
  }
}
