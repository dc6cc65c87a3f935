package io.podhop.agent;

import io.podhop.agent.config.AlwaysOn;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.RtNames;
import io.podhop.agent.netns.NetworkNamespace;
import io.podhop.model.IpAddress;
import io.podhop.model.PodInfo;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** {@code podhop netns}: the network namespaces of this node, with the pods they belong to. */
@Command(
    name = "netns",
    mixinStandardHelpOptions = true,
    description = {
      "Lists this node's network namespaces with their pods, as lsns -t net would.",
      "ENI is the interface that owns the pod's address by ipamd's word, TABLE the",
      "routing table that its packets should leave by."
    })
public final class NetnsCommand implements Callable<Integer> {
  private static final String NONE = "-";

  @Spec private CommandSpec spec;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "table, wide or json. Default: ${DEFAULT-VALUE}.")
  private Format output;

  /** How to print. */
  enum Format {
    table,
    wide,
    json
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    LinuxCounters counters = new LinuxCounters();
    AgentConfig here =
        new AgentConfig("none:0", "this node", AgentConfig.LOGS, AgentConfig.STATE, AlwaysOn.OFF);
    try (NamespaceThread thread = new NamespaceThread(counters);
        NodeReaders readers = new NodeReaders(here, thread, counters)) {
      Map<Long, PodInfo> pods =
          readers.readKeepingRules().inventory().pods().stream()
              .collect(Collectors.toMap(PodInfo::netnsInode, pod -> pod, (one, _) -> one));
      List<Row> rows =
          readers.namespaces().namespaces().stream()
              .map(namespace -> Row.of(namespace, Optional.ofNullable(pods.get(namespace.inode()))))
              .toList();
      switch (output) {
        case json -> out.println(JsonMapper.builder().build().writeValueAsString(rows));
        case wide -> table(out, rows, true);
        case table -> table(out, rows, false);
      }
    }
    out.flush();
    return 0;
  }

  private static void table(PrintWriter out, List<Row> rows, boolean wide) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(Row.header(wide));
    rows.forEach(row -> lines.add(row.cells(wide)));
    int[] widths = new int[lines.getFirst().size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    for (List<String> line : lines) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        text.append(line.get(i)).repeat(' ', widths[i] - line.get(i).length() + 2);
      }
      out.println(text.toString().stripTrailing());
    }
  }

  /** One namespace; fields that nothing says are empty. */
  record Row(
      long netns,
      int pid,
      String namespace,
      String pod,
      List<String> addresses,
      String veth,
      String eni,
      int table,
      String container) {
    static Row of(NetworkNamespace found, Optional<PodInfo> pod) {
      return new Row(
          found.inode(),
          found.pid(),
          pod.map(info -> info.ref().namespace()).orElse(""),
          pod.map(info -> info.ref().name()).orElse(""),
          found.podAddresses().stream().map(IpAddress::toString).toList(),
          pod.map(PodInfo::hostVeth).orElse(""),
          pod.map(PodInfo::eniInterface).orElse(""),
          pod.map(PodInfo::routeTable).orElse(0),
          pod.map(PodInfo::containerId).orElse(""));
    }

    static List<String> header(boolean wide) {
      List<String> base = List.of("POD", "ADDRESS", "VETH", "ENI", "TABLE");
      return wide ? join(List.of("NETNS", "PID"), base, List.of("CONTAINER")) : base;
    }

    List<String> cells(boolean wide) {
      List<String> base =
          List.of(
              pod.isEmpty() ? NONE : namespace + "/" + pod,
              addresses.isEmpty() ? NONE : String.join(",", addresses),
              veth.isEmpty() ? NONE : veth,
              eni.isEmpty() ? NONE : eni,
              table == 0 ? NONE : RtNames.table(table));
      return wide
          ? join(
              List.of(Long.toString(netns), Integer.toString(pid)),
              base,
              List.of(container.isEmpty() ? NONE : container))
          : base;
    }

    private static List<String> join(List<String> first, List<String> second, List<String> third) {
      List<String> all = new ArrayList<>(first);
      all.addAll(second);
      all.addAll(third);
      return all;
    }
  }
}
