package io.podhop.agent.correlate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WorkloadsTest {
  @ParameterizedTest
  @CsvSource({
    "web-7c9f5d8b6-x2x4k,web",
    "coredns-759c77bd6c-9m46w,coredns",
    "db-0,db",
    "kafka-broker-12,kafka-broker",
    "aws-node-x7k2p,aws-node",
    "edge-proxy,edge-proxy",
    "debug,debug",
    "nginx-ingress-controller-6f9b8d7c5-zz9xp,nginx-ingress-controller"
  })
  void of_podName_dropsWhatControllersAppend(String pod, String workload) {
    assertThat(Workloads.of(pod)).isEqualTo(workload);
  }
}
