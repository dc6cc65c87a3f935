package io.podhop.cli.command;

import io.podhop.cli.client.CollectorClient;
import io.podhop.cli.client.CollectorException;
import io.podhop.cli.client.KnownAddress;
import io.podhop.cli.render.AddressMomentText;
import io.podhop.cli.render.AddressReport;
import io.podhop.cli.render.AddressText;
import io.podhop.cli.render.AddressTree;
import io.podhop.model.AddressMoment;
import io.podhop.model.IpAddress;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code podhop ip}: whose an address was when. */
@Command(
    name = "ip",
    sortOptions = false,
    description = {
      "Show who held an address when, by the logs and books of ipamd on all nodes.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  podhop ip 192.168.1.21",
      "  podhop ip 192.168.1.21 --at 10:32              who had it at 10:32?",
      "  podhop ip 192.168.1.21 --at -5m -o json",
      "  podhop ip --pod shop/web-0                     which addresses had the pod?",
      "  podhop --bundle a.tgz ip 192.168.1.21          by a support bundle"
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:known",
      "1:no node has it or knows of a pod that had it",
      "2:wrong usage",
      "3:not known: no collector, a silent node, or logs that do not go back so far"
    })
final class IpCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "ADDRESS",
      description = "An IPv4 or IPv6 address.")
  private @Nullable String address;

  @Option(
      names = "--at",
      paramLabel = "TIME",
      description =
          "Say in one sentence what the address was then: 2026-03-01T10:32:00Z, 10:32 (the last"
              + " time that it was so late), -5m.")
  private @Nullable String at;

  @Option(
      names = "--pod",
      paramLabel = "POD",
      description = "Instead of an address, a pod: namespace/name, or a name.")
  private @Nullable String pod;

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAMESPACE",
      defaultValue = "",
      description = "Of a pod without one.")
  private String namespace;

  @Mixin private OutputOption output;
  @Mixin private final AnswersOption answers;

  IpCommand(Bundles bundles) {
    this.answers = new AnswersOption(bundles);
  }

  @Override
  public Integer call() {
    return output.guard(this::show);
  }

  private int show() throws UsageException, CollectorException {
    String wanted = address;
    String wantedPod = pod;
    if ((wanted == null) == (wantedPod == null)) {
      throw new UsageException("name either an address or, with --pod, a pod");
    }
    if (wantedPod != null) {
      if (at != null) {
        throw new UsageException("--at asks about an address, not about a pod");
      }
      return showPod(wantedPod);
    }
    IpAddress ip =
        IpAddress.tryParse(String.valueOf(wanted))
            .orElseThrow(() -> new UsageException("no address: '" + wanted + "'"));
    return showAddress(ip);
  }

  private int showAddress(IpAddress ip) throws UsageException, CollectorException {
    ZoneId zone = ZoneId.systemDefault();
    try (CollectorClient client = answers.connect(output)) {
      Optional<Instant> when =
          at == null ? Optional.empty() : Optional.of(new MomentText(client.now(), zone).parse(at));
      AddressReport report = report(client, ip.toString(), false, client.address(ip, when));
      output.print(
          style ->
              when.isPresent()
                  ? AddressMomentText.of(report, when.get(), zone, style)
                  : AddressText.of(report, zone, style),
          () -> AddressTree.of(report));
      return when.isPresent() ? exit(report, report.state()) : exit(report);
    }
  }

  private int showPod(String wanted) throws UsageException, CollectorException {
    try (CollectorClient client = answers.connect(output)) {
      String name = namespace.isEmpty() || wanted.contains("/") ? wanted : namespace + "/" + wanted;
      AddressReport report = report(client, name, true, client.addressesOf(wanted, namespace));
      output.print(
          style -> AddressText.of(report, ZoneId.systemDefault(), style),
          () -> AddressTree.of(report));
      return exit(report);
    }
  }

  private static AddressReport report(
      CollectorClient client, String subject, boolean ofPod, KnownAddress known) {
    return new AddressReport(subject, ofPod, known.nodes(), known.silentNodes(), client.now());
  }

  private static int exit(AddressReport report) {
    return report.known() ? Exit.DELIVERED : nobody(report);
  }

  private static int exit(AddressReport report, AddressMoment.State state) {
    return switch (state) {
      case HELD, PERHAPS_HELD, COOLING, OWN, FREE -> Exit.DELIVERED;
      case UNKNOWN -> Exit.NOT_OBSERVABLE;
      case ELSEWHERE -> nobody(report);
    };
  }

  private static int nobody(AddressReport report) {
    return report.complete() ? Exit.NOT_DELIVERED : Exit.NOT_OBSERVABLE;
  }
}
