package io.podhop.cli.command;

import io.podhop.model.Cidr;
import io.podhop.model.FlowFilter;
import io.podhop.model.Verdict;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which flows: every option that is given must hold. */
final class FlowFilterOption {
  @Option(
      names = "--from",
      paramLabel = "WHO",
      defaultValue = "",
      description =
          "Source: namespace/name, namespace/ or name of a pod, workload, service or node,"
              + " or a host name or address.")
  private String from;

  @Option(
      names = "--to",
      paramLabel = "WHO",
      defaultValue = "",
      description = "Destination, written in the same way.")
  private String to;

  @Option(
      names = {"-p", "--port"},
      paramLabel = "PORT",
      description = "The server's port, before or after NAT.")
  private int port;

  @Option(names = "--protocol", paramLabel = "PROTOCOL", description = "tcp, udp or icmp.")
  private EndsOption.@Nullable Transport transport;

  @Option(
      names = "--verdict",
      paramLabel = "VERDICT",
      split = ",",
      converter = VerdictText.class,
      description = "delivered, refused, no-answer, dns-failed, ...; may be repeated, or a,b.")
  private Set<Verdict.Id> verdicts = new LinkedHashSet<>();

  @Option(
      names = "--ip",
      paramLabel = "ADDR|CIDR",
      converter = CidrText.class,
      description = "Either end's address.")
  private @Nullable Cidr ip;

  @Option(
      names = "--min-rtt",
      paramLabel = "TIME",
      converter = DurationText.class,
      description = "Round trip of at least this, for example 5ms.")
  private @Nullable Duration minRtt;

  @Option(
      names = "--retransmits",
      paramLabel = "N",
      arity = "0..1",
      fallbackValue = "1",
      defaultValue = "0",
      description = "At least N retransmissions. Without N: any.")
  private long retransmits;

  /** A verdict's id. */
  static final class VerdictText implements ITypeConverter<Verdict.Id> {
    @Override
    public Verdict.Id convert(String value) {
      return Arrays.stream(Verdict.Id.values())
          .filter(id -> id.toString().equalsIgnoreCase(value))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "'"
                          + value
                          + "' is no verdict; write one of "
                          + Arrays.stream(Verdict.Id.values())
                              .map(Verdict.Id::toString)
                              .collect(Collectors.joining(", "))));
    }
  }

  /** An address or a range of them. */
  static final class CidrText implements ITypeConverter<Cidr> {
    @Override
    public Cidr convert(String value) {
      return Cidr.tryParse(value)
          .orElseThrow(
              () -> new TypeConversionException("'" + value + "' is no address and no CIDR"));
    }
  }

  FlowFilter filter() throws UsageException {
    if (port < 0 || port > 65535) {
      throw new UsageException("no port: " + port + "; a port is 1 to 65535");
    }
    if (retransmits < 0) {
      throw new UsageException("--retransmits must not be negative");
    }
    return new FlowFilter(
        from,
        to,
        port,
        Optional.ofNullable(transport).map(EndsOption.Transport::protocol),
        verdicts,
        Optional.ofNullable(ip),
        nanos(minRtt),
        retransmits);
  }

  private static long nanos(@Nullable Duration duration) throws UsageException {
    if (duration == null) {
      return 0;
    }
    if (duration.compareTo(Duration.ofHours(1)) > 0) {
      throw new UsageException("--min-rtt must be at most 1h");
    }
    return duration.toNanos();
  }
}
