package io.podhop.agent.audit;

import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Sysctls;
import io.podhop.agent.nat.Chain;
import io.podhop.agent.nat.Match;
import io.podhop.agent.nat.Rule;
import io.podhop.agent.nat.Ruleset;
import io.podhop.agent.nat.Target;
import io.podhop.model.Citation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Whether the node lets pods' packets through: forwarding, its filter, and its source check. */
final class ForwardChecks {
  static final List<Check> ALL =
      List.of(
          new Check("ip-forward", ForwardChecks::ipForward),
          new Check("rp-filter", ForwardChecks::rpFilter),
          new Check("forward-drop", ForwardChecks::forwardDrop));

  private static final int STRICT = 1;

  private ForwardChecks() {}

  private static void ipForward(NodeFacts node, Remarks remarks) {
    Sysctls sysctls = node.routing().sysctls();
    String key =
        node.family() == IpFamily.IPV4
            ? "net.ipv4.ip_forward"
            : Sysctls.key(IpFamily.IPV6, "all", "forwarding");
    Optional<Boolean> forwards = sysctls.flag(key);
    if (forwards.isEmpty()) {
      remarks.notMade(sysctls.cite(key));
      return;
    }
    if (!forwards.get()) {
      remarks.error(
          "node " + node.inventory().node(),
          "the node does not forward: no packet of a pod leaves it or reaches another pod",
          "`sysctl -w " + key + "=1`, and find out what turned it off",
          List.of(Cite.sysctl(sysctls, key)));
      return;
    }
    List<String> links = node.routing().links().stream().map(link -> link.name()).toList();
    for (String link : node.family() == IpFamily.IPV4 ? links : List.<String>of()) {
      String own = Sysctls.key(IpFamily.IPV4, link, "forwarding");
      if (!link.equals("lo") && !sysctls.flag(own).orElse(true)) {
        remarks.error(
            link,
            "the node does not forward what comes in by " + link,
            "`sysctl -w " + own + "=1`, and find out what turned it off",
            List.of(Cite.sysctl(sysctls, own)));
      }
    }
  }

  /** Of the primary ENI; on a veth any mode is right while the route to the pod is there. */
  private static void rpFilter(NodeFacts node, Remarks remarks) {
    if (node.family() == IpFamily.IPV6) {
      return;
    }
    Optional<String> primary = node.primary();
    if (primary.isEmpty()) {
      remarks.notMade("which interface is the primary ENI is not known");
      return;
    }
    Sysctls sysctls = node.routing().sysctls();
    String own = Sysctls.key(IpFamily.IPV4, primary.get(), "rp_filter");
    OptionalInt mode = sysctls.rpFilter(primary.get());
    if (mode.isEmpty()) {
      remarks.notMade(sysctls.cite(own));
    } else if (mode.getAsInt() == STRICT) {
      remarks.error(
          primary.get(),
          "the reverse path filter of the primary ENI is strict: replies to what pods of secondary"
              + " ENIs sent outside the VPC, and their node ports, are dropped as they come in",
          "`sysctl -w " + own + "=2`, as the init container of aws-node does at every start",
          List.of(
              Cite.sysctl(sysctls, Sysctls.key(IpFamily.IPV4, "all", "rp_filter")),
              Cite.sysctl(sysctls, own)));
    }
  }

  private static void forwardDrop(NodeFacts node, Remarks remarks) {
    boolean ipv4 = node.family() == IpFamily.IPV4;
    List<Ruleset> backends = (ipv4 ? node.nat().ipv4() : node.nat().ipv6()).iptables().toList();
    if (backends.stream().allMatch(ruleset -> ruleset.tables().isEmpty())) {
      remarks.notMade(AwsRules.UNREAD);
      return;
    }
    if (backends.stream().noneMatch(ruleset -> ruleset.tables().containsKey("filter"))) {
      remarks.notMade("the filter table was not read");
      return;
    }
    for (Ruleset ruleset : backends) {
      Optional<Chain> forward = ruleset.chain("filter", "FORWARD");
      boolean drops = forward.filter(chain -> chain.policy().equals("DROP")).isPresent();
      if (drops && !accepts(ruleset, "FORWARD", new HashSet<>())) {
        List<Citation> evidence = new ArrayList<>();
        evidence.add(new Citation(Citation.Source.IPTABLES, "filter/FORWARD", 0, "policy DROP"));
        forward.get().rules().stream().limit(6).forEach(rule -> evidence.add(rule.cite()));
        remarks.error(
            "FORWARD",
            "the policy is DROP and no rule accepts new connections of pods: the node drops what it"
                + " should forward",
            "`iptables -P FORWARD ACCEPT`, as kubelet on the EKS AMI does at every start, and find"
                + " out what changed it (often Docker)",
            evidence);
      }
    }
  }

  /** Whether some rule on the way lets new connections through, whatever their ports. */
  private static boolean accepts(Ruleset ruleset, String chain, Set<String> seen) {
    if (!seen.add(chain)) {
      return false;
    }
    return ruleset.chain("filter", chain).stream()
        .flatMap(found -> found.rules().stream())
        .filter(ForwardChecks::takesNew)
        .anyMatch(
            rule ->
                rule.target() instanceof Target.Accept
                    || rule.target() instanceof Target.Jump jump
                        && accepts(ruleset, jump.chain(), seen));
  }

  private static boolean takesNew(Rule rule) {
    return rule.matches().stream()
        .allMatch(
            match ->
                switch (match) {
                  case Match.Comment _,
                      Match.Always _,
                      Match.InInterface _,
                      Match.OutInterface _,
                      Match.Source _,
                      Match.Destination _ ->
                      true;
                  case Match.State state -> state.states().contains("NEW") != state.negated();
                  default -> false;
                });
  }
}
