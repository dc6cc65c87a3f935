package io.podhop.agent.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import io.podhop.model.ServicePort;
import java.util.List;
import org.junit.jupiter.api.Test;

class KubeServicesTest {
  @Test
  void of_clusterIpWithNodePort_wholeService() {
    assertThat(KubeServices.of(RuleSets.snapshot(RuleSets.CURRENT)))
        .contains(
            new ServicePort(
                "shop",
                "db",
                "pg",
                Protocol.TCP,
                IpAddress.parse("172.20.0.7"),
                5432,
                30007,
                List.of(
                    new ServicePort.Backend(IpAddress.parse("10.1.1.21"), 5432),
                    new ServicePort.Backend(IpAddress.parse("10.1.2.22"), 5432))));
  }

  @Test
  void of_serviceWithoutEndpoints_isThereAndEmpty() {
    String rules =
        "*filter\n-A KUBE-SERVICES -d 172.20.0.9/32 -p tcp -m comment --comment"
            + " \"shop/cache has no endpoints\" -m tcp --dport 6379 -j REJECT --reject-with"
            + " icmp-port-unreachable\n";

    assertThat(KubeServices.of(RuleSets.snapshot(rules)))
        .singleElement()
        .satisfies(
            service -> {
              assertThat(service.name()).isEqualTo("cache");
              assertThat(service.portName()).isEmpty();
              assertThat(service.endpoints()).isEmpty();
            });
  }

  @Test
  void vpcCidrsAndSnatAddress_everyLayout_read() {
    Cidr first = Cidr.parse("10.1.0.0/16");
    Cidr second = Cidr.parse("10.2.0.0/16");

    assertThat(KubeServices.vpcCidrs(RuleSets.snapshot(RuleSets.CURRENT))).containsExactly(first);
    assertThat(KubeServices.vpcCidrs(RuleSets.snapshot(RuleSets.CHAINED)))
        .containsExactly(first, second);
    assertThat(KubeServices.vpcCidrs(RuleSets.snapshot(RuleSets.OLDEST))).containsExactly(first);
    assertThat(KubeServices.vpcCidrs(NatSnapshot.of(NativeTableParser.parse(RuleSets.NATIVE))))
        .containsExactly(first);
    for (String rules : List.of(RuleSets.CURRENT, RuleSets.CHAINED, RuleSets.OLDEST)) {
      assertThat(KubeServices.snatAddress(RuleSets.snapshot(rules)))
          .contains(IpAddress.parse("10.1.0.10"));
    }
    assertThat(KubeServices.snatAddress(RuleSets.snapshot(RuleSets.EXTERNAL_SNAT))).isEmpty();
  }

  @Test
  void refusedSince_dropCounterRose_ruleAndPackets() {
    String before = "*filter\n[5:1] -A FORWARD -j DROP\n[9:1] -A FORWARD -j ACCEPT\n";
    String after =
        "*filter\n[8:1] -A FORWARD -j ACCEPT\n[7:1] -A FORWARD -j DROP\n[1:60] -A X -j REJECT\n";

    assertThat(
            RuleSets.snapshot(after).counters().refusedSince(RuleSets.snapshot(before).counters()))
        .extracting(moved -> moved.rule().cite() + " +" + moved.packets())
        .containsExactly("FORWARD #2 -j DROP +2", "X #1 -j REJECT +1");
  }
}
