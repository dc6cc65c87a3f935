package io.podhop.cli.command;

import io.podhop.cli.client.TraceQuestion;
import io.podhop.model.Protocol;
import java.util.Locale;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Both ends of a connection and how they speak, for every command that is about two ends. */
final class EndsOption {
  @Parameters(
      index = "0",
      paramLabel = "SOURCE",
      description = "Pod (namespace/name, or name with -n) or node that sends.")
  private String source;

  @Parameters(
      index = "1",
      paramLabel = "DEST",
      description = "Pod, svc/name, address or host name, in or out of the VPC.")
  private String destination;

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAMESPACE",
      defaultValue = "",
      description = "Namespace of ends that name none. Default: the one that has it.")
  private String namespace;

  @Option(
      names = {"-p", "--port"},
      paramLabel = "PORT",
      description = "Port at DEST. Default: the service's own, else 80.")
  private int port;

  @Option(
      names = "--protocol",
      paramLabel = "PROTOCOL",
      defaultValue = "tcp",
      description = "tcp, udp or icmp. Default: tcp.")
  private Transport transport;

  /** What can be asked about, in the words of the option. */
  enum Transport {
    TCP,
    UDP,
    ICMP;

    Protocol protocol() {
      return switch (this) {
        case TCP -> Protocol.TCP;
        case UDP -> Protocol.UDP;
        case ICMP -> Protocol.ICMP;
      };
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * @throws UsageException when they make no connection; to be called before the others
   */
  void check() throws UsageException {
    UsageException.unless(
        !source.isBlank() && !destination.isBlank(), "SOURCE and DEST must not be empty");
    UsageException.unless(
        port >= 0 && port <= 65535, "no port: " + port + "; a port is 1 to 65535");
    UsageException.unless(
        transport != Transport.ICMP || port == 0,
        "icmp has no ports: leave out --port, or use --protocol tcp or udp");
  }

  TraceQuestion.Ends ends() {
    return new TraceQuestion.Ends(source, destination);
  }

  String namespace() {
    return namespace;
  }

  /** 0 for the service's own, else 80. */
  int port() {
    return port;
  }

  Protocol protocol() {
    return transport.protocol();
  }
}
