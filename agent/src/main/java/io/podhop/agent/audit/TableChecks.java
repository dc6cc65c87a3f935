package io.podhop.agent.audit;

import io.podhop.agent.correlate.NodePart;
import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Sysctls;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.model.Finding.Severity;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** The kernel's tables of connections and neighbours have room. */
final class TableChecks {
  /** From here on it takes one burst of traffic to fill a table. */
  static final int NEARLY_FULL_PERCENT = 80;

  /** From here on something is being refused, or is about to be. */
  static final int FULL_PERCENT = 97;

  static final List<Check> ALL =
      List.of(
          new Check("conntrack-full", TableChecks::conntrack),
          new Check("neighbour-table-full", TableChecks::neighbours));

  private static final String COUNT = "net.netfilter.nf_conntrack_count";
  private static final String MAX = "net.netfilter.nf_conntrack_max";

  private TableChecks() {}

  private static void conntrack(NodeFacts node, Remarks remarks) {
    Sysctls sysctls = node.routing().sysctls();
    OptionalLong count = sysctls.number(COUNT);
    OptionalLong max = sysctls.number(MAX);
    if (count.isEmpty() || max.isEmpty() || max.getAsLong() <= 0) {
      remarks.notMade(sysctls.cite(count.isEmpty() ? COUNT : MAX));
      return;
    }
    long percent = count.getAsLong() * 100 / max.getAsLong();
    if (percent >= NEARLY_FULL_PERCENT) {
      remarks.add(
          percent >= FULL_PERCENT ? Severity.ERROR : Severity.WARNING,
          new Remarks.Fault(
              "conntrack",
              "the connection table is "
                  + percent
                  + " % full: "
                  + (percent >= FULL_PERCENT
                      ? "the kernel drops packets of new connections"
                      : "when it is full, the kernel drops packets of new connections"),
              "find the pod with most connections (`conntrack -L`), or raise " + MAX,
              List.of(Cite.sysctl(sysctls, COUNT), Cite.sysctl(sysctls, MAX))));
    }
  }

  /** The kernel counts the entries of all its namespaces, permanent ones apart. */
  private static void neighbours(NodeFacts node, Remarks remarks) {
    Sysctls sysctls = node.routing().sysctls();
    boolean ipv4 = node.family() == IpFamily.IPV4;
    String key = "net." + (ipv4 ? "ipv4" : "ipv6") + ".neigh.default.gc_thresh3";
    OptionalLong limit = sysctls.number(key);
    if (limit.isEmpty() || limit.getAsLong() <= 0) {
      remarks.notMade(sysctls.cite(key));
      return;
    }
    if (node.lacks(NodePart.NEIGHBOURS)) {
      remarks.notMade("the node's neighbours were not read");
      return;
    }
    long entries =
        Stream.concat(Stream.of(node.routing()), node.view().insides().values().stream())
            .map(RouteSnapshot::neighbours)
            .flatMap(List::stream)
            .filter(entry -> entry.address().isIpv4() == ipv4)
            .filter(entry -> !entry.state().equals("PERMANENT"))
            .count();
    long percent = entries * 100 / limit.getAsLong();
    if (percent >= NEARLY_FULL_PERCENT) {
      remarks.add(
          percent >= FULL_PERCENT ? Severity.ERROR : Severity.WARNING,
          new Remarks.Fault(
              "neighbours",
              "the neighbour table is "
                  + percent
                  + " % full: "
                  + (percent >= FULL_PERCENT
                      ? "the kernel refuses new entries, and packets to them are lost"
                      : "when it is full, packets to new addresses are lost"),
              "`sysctl -w " + key + "=16384`, as the EKS AMI has it, and gc_thresh2 below it",
              List.of(Cite.note(entries + " entries"), Cite.sysctl(sysctls, key))));
    }
  }
}
