package io.podhop.agent.ipam;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.PodRef;
import org.junit.jupiter.api.Test;

class VethNamesTest {
  @Test
  void hostVeth_knownPods_areNamedAsTheCniNamesThem() {
    assertThat(VethNames.hostVeth("eni", new PodRef("kube-system", "coredns-759c77bd6c-9m46w")))
        .isEqualTo("enifdec4b696ce");
    assertThat(VethNames.hostVeth("vlan", new PodRef("kube-system", "coredns-d487b6fcb-8d8v9")))
        .isEqualTo("vlan14227b50c6b");
  }
}
