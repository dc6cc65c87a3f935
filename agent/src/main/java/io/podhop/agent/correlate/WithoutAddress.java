package io.podhop.agent.correlate;

import io.podhop.agent.ipam.Exhaustion;
import io.podhop.agent.ipam.IpamEvent;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.model.Citation;
import io.podhop.model.PodInfo;
import io.podhop.model.PodRef;
import io.podhop.model.Unaddressed;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The pods that asked ipamd for an address in vain, and what its logs accuse. */
final class WithoutAddress {
  /** Pods told of: a node without addresses fails every pod again and again. */
  static final int MAX_PODS = 64;

  private WithoutAddress() {}

  /** The latest first, each pod once, none that has an address by now. */
  static List<Unaddressed> of(IpamSnapshot ipam, List<PodInfo> pods) {
    Set<PodRef> known = new HashSet<>();
    pods.forEach(pod -> known.add(pod.ref()));
    ipam.current().forEach(allocation -> allocation.pod().ifPresent(known::add));
    List<Unaddressed> without = new ArrayList<>();
    for (IpamEvent.NoAddress failure : ipam.failures().reversed()) {
      if (failure.pod().isPresent()
          && without.size() < MAX_PODS
          && known.add(failure.pod().get())) {
        without.add(of(ipam, failure, failure.pod().get()));
      }
    }
    return List.copyOf(without);
  }

  private static Unaddressed of(IpamSnapshot ipam, IpamEvent.NoAddress failure, PodRef pod) {
    Exhaustion why = ipam.whyNoAddress(failure);
    List<Citation> evidence = new ArrayList<>(why.evidence());
    evidence.add(
        new Citation(Citation.Source.IPAMD, "ADD at " + failure.at(), 0, failure.reason()));
    return new Unaddressed(pod, sentence(why, failure), evidence);
  }

  private static String sentence(Exhaustion why, IpamEvent.NoAddress failure) {
    return switch (why) {
      case Exhaustion.InstanceLimit _ ->
          "the instance has as many ENIs and addresses as its type may have";
      case Exhaustion.SubnetEmpty _ -> "the subnet has no free addresses";
      case Exhaustion.PrefixFragmentation _ ->
          "the subnet has no contiguous block left for a prefix";
      case Exhaustion.Throttling _ -> "EC2 throttles ipamd's calls";
      case Exhaustion.Unauthorized _ -> "the node's role may not do what ipamd needs";
      case Exhaustion.TrunkTrouble _ -> "its branch ENI or the node's trunk ENI is missing";
      case Exhaustion.CooldownChurn churn ->
          churn.cooling() + " released addresses are cooling down and none is free";
      case Exhaustion.IpamdDown _ -> "the plugin could not reach ipamd";
      case Exhaustion.VersionSkew _ -> "plugin and ipamd are of different releases";
      case Exhaustion.Unknown _ -> failure.reason();
    };
  }
}
