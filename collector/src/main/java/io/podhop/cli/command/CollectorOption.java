package io.podhop.cli.command;

import io.podhop.cli.client.CollectorAddress;
import picocli.CommandLine.Option;

/** How to find the collector, for every command that asks one. */
final class CollectorOption {
  @Option(
      names = "--collector",
      paramLabel = "HOST:PORT",
      defaultValue = "${env:PODHOP_COLLECTOR:-127.0.0.1:4317}",
      description =
          "Where the collector listens. Default: $$PODHOP_COLLECTOR, else 127.0.0.1:4317.")
  private String collector;

  CollectorAddress address() throws UsageException {
    return CollectorAddress.tryParse(collector)
        .orElseThrow(
            () ->
                new UsageException(
                    "no collector address: '"
                        + collector
                        + "'; write HOST:PORT, for example 127.0.0.1:4317"));
  }
}
