package io.podhop.agent.describe;

import io.podhop.agent.ipam.InstanceLimits;
import io.podhop.agent.ipam.NodePool;
import io.podhop.model.NodeDescription;
import java.util.List;
import java.util.Optional;

/** What stops the next pod, or what is left before something does, in one sentence. */
final class PoolLimit {
  private PoolLimit() {}

  static String of(NodePool pool, List<NodeDescription.Eni> enis, Optional<String> type) {
    if (pool.asOf().isEmpty()) {
      return "not known: neither ipamd's endpoint nor its log told how full the pool is";
    }
    if (pool.limitedBy().isPresent()) {
      return "no address is free: " + pool.limitedBy().get().sentence();
    }
    String free = free(pool.free()) + ", and ";
    if (pool.limits().isEmpty()) {
      return free + "how many more the instance may have is not known";
    }
    InstanceLimits limits = pool.limits().get();
    long attached = enis.stream().filter(eni -> eni.networkCard() == 0).count();
    long more = limits.enisOfDefaultCard() - attached;
    int ofOne = limits.ipv4PerEni() - 1;
    return free
        + type.orElse("")
        + (more > 0
            ? " allows "
                + count(more, "ENI")
                + " more, of "
                + count(ofOne, "address")
                + (pool.prefixes() > 0 ? " or prefix" : "")
                + (more == 1 ? "" : " each")
            : " allows no more ENIs");
  }

  private static String free(long free) {
    return free == Long.MAX_VALUE
        ? "as many addresses are free as ever can be used"
        : count(free, "address") + (free == 1 ? " is free" : " are free");
  }

  private static String count(long number, String noun) {
    String plural = noun.endsWith("s") ? noun + "es" : noun + "s";
    return number + " " + (number == 1 ? noun : plural);
  }
}
