package io.podhop.agent.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.agent.capture.RingBudget.Kind;
import io.podhop.agent.capture.RingBudget.Load;
import io.podhop.agent.capture.RingBudget.Resize;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RingBudgetTest {
  private static final int MIB = 1 << 20;
  private static final int POD = Kind.POD.minBytes();
  private static final int ENI = Kind.ENI.minBytes();

  private final RingBudget<String> budget = new RingBudget<>(RingBudget.DEFAULT_BYTES);

  @Test
  void idleSources_keepTheLeast() {
    assertThat(budget.plan(List.of(pod("a", POD, 0, 0), eni("e", ENI, 10, 0)))).isEmpty();
  }

  @Test
  void busySource_getsWhatArrivesInAQuarterSecond() {
    assertThat(budget.plan(List.of(pod("a", POD, 50_000, 0), pod("b", POD, 0, 0))))
        .containsExactly(new Resize<>("a", 4 * MIB));
  }

  @Test
  void sourceThatDropped_getsTwice_upToTheMost() {
    assertThat(budget.plan(List.of(pod("a", 2 * MIB, 100, 7))))
        .containsExactly(new Resize<>("a", 4 * MIB));
    assertThat(budget.plan(List.of(pod("a", RingBudget.MAX_RING_BYTES, 1e9, 7)))).isEmpty();
  }

  @Test
  void sourceThatBecameQuiet_shrinksOnlyAfterAWhile() {
    List<Load<String>> quiet = List.of(pod("a", 4 * MIB, 0, 0));
    for (int i = 1; i < RingBudget.SHRINK_AFTER; i++) {
      assertThat(budget.plan(quiet)).isEmpty();
    }
    assertThat(budget.plan(quiet)).containsExactly(new Resize<>("a", POD));
  }

  @Test
  void loadThatComesBack_startsTheWaitAnew() {
    for (int round = 0; round < 20; round++) {
      double packets = round % 4 == 0 ? 50_000 : 0;
      assertThat(budget.plan(List.of(pod("a", 4 * MIB, packets, 0)))).isEmpty();
    }
  }

  @Test
  void tightBudget_takesFromTheQuietAtOnce_beforeTheBusyGrow() {
    RingBudget<String> tight = new RingBudget<>(5 * MIB);

    List<Resize<String>> plan =
        tight.plan(List.of(pod("quiet", 4 * MIB, 0, 0), pod("busy", POD, 50_000, 9)));

    assertThat(plan).containsExactly(new Resize<>("quiet", POD), new Resize<>("busy", 4 * MIB));
  }

  @Test
  void newSource_getsTheLeast_whenThereIsRoom() {
    assertThat(budget.admit(Kind.POD, 0)).isEqualTo(POD);
    assertThat(budget.admit(Kind.ENI, RingBudget.DEFAULT_BYTES - ENI)).isEqualTo(ENI);
    assertThat(budget.admit(Kind.POD, RingBudget.DEFAULT_BYTES - POD + 1)).isZero();
    assertThatThrownBy(() -> new RingBudget<String>(1000))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anyLoads_neverExceedTheBudget_andSettle() {
    Random random = new Random(3);
    for (int round = 0; round < 200; round++) {
      RingBudget<String> shared = new RingBudget<>(RingBudget.DEFAULT_BYTES);
      Map<String, Integer> rings = new HashMap<>();
      Map<String, Double> packets = new HashMap<>();
      for (int i = 0; i < 115; i++) {
        rings.put("p" + i, POD);
        packets.put("p" + i, random.nextInt(3) == 0 ? random.nextDouble() * 2e5 : 0);
      }
      int changes = 0;
      for (int second = 0; second < 12; second++) {
        List<Load<String>> loads = new ArrayList<>();
        rings.forEach((key, bytes) -> loads.add(pod(key, bytes, packets.get(key), 0)));
        List<Resize<String>> plan = shared.plan(loads);
        changes = plan.size();
        for (Resize<String> resize : plan) {
          rings.put(resize.key(), resize.ringBytes());
          assertThat(rings.values().stream().mapToLong(bytes -> bytes).sum())
              .isLessThanOrEqualTo(RingBudget.DEFAULT_BYTES);
        }
      }
      assertThat(changes).as("changes under a load that stays").isZero();
    }
  }

  private static Load<String> pod(String key, int bytes, double packetsPerSecond, long dropped) {
    return new Load<>(key, Kind.POD, bytes, packetsPerSecond, dropped);
  }

  private static Load<String> eni(String key, int bytes, double packetsPerSecond, long dropped) {
    return new Load<>(key, Kind.ENI, bytes, packetsPerSecond, dropped);
  }
}
