package io.podhop.agent.correlate;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.ipam.EniPool;
import io.podhop.agent.ipam.IntrospectionSnapshot;
import io.podhop.agent.ipam.IpamCounters;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.ipam.PoolHistory;
import io.podhop.agent.linux.Link;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.model.EniInfo;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class EniNamesTest {
  private static final List<EniInfo> ENIS =
      List.of(new EniInfo("", "ens5", 2, List.of(), 254), new EniInfo("", "ens6", 3, List.of(), 2));

  private static EniPool pool(String id, int device, OptionalInt table) {
    return new EniPool(id, device == 0, false, false, false, device, 0, table, "", List.of());
  }

  private static List<String> ids(Map<String, String> byMac, EniPool... pools) {
    PoolHistory history =
        new PoolHistory(
            List.of(),
            List.of(),
            List.of(),
            Map.of(),
            List.of(),
            List.of(),
            byMac,
            List.of(),
            Optional.empty(),
            0);
    IntrospectionSnapshot answer =
        new IntrospectionSnapshot(Optional.empty(), List.of(pools), List.of(), Map.of(), List.of());
    IpamSnapshot ipam =
        new IpamSnapshot(
            Map.of(),
            List.of(),
            Map.of(),
            history,
            List.of(),
            answer,
            Optional.empty(),
            List.of(),
            new IpamCounters(0, 0, 0, 0, 0, 0, 0));
    RouteSnapshot routes =
        new RouteSnapshot(
            List.of(
                new Link(2, "ens5", "02:00:00:00:00:05", 9001, true, 0, -1, "", 0, true, 0),
                new Link(3, "ens6", "02:00:00:00:00:06", 9001, true, 0, -1, "", 0, true, 0)),
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            0);
    return new EniNames(ipam, routes).named(ENIS).stream().map(EniInfo::id).toList();
  }

  @Test
  void named_answerWithTables_idByTable() {
    assertThat(
            ids(
                Map.of(),
                pool("eni-a", 0, OptionalInt.of(254)),
                pool("eni-b", 4, OptionalInt.of(2))))
        .containsExactly("eni-a", "eni-b");
  }

  @Test
  void named_answerOfAnOldRelease_idByDevice() {
    assertThat(
            ids(
                Map.of(),
                pool("eni-a", 0, OptionalInt.empty()),
                pool("eni-b", 1, OptionalInt.empty())))
        .containsExactly("eni-a", "eni-b");
  }

  @Test
  void named_logSaysTheMac_idByMacBeforeTheTable() {
    assertThat(ids(Map.of("02:00:00:00:00:06", "eni-by-mac"), pool("eni-b", 1, OptionalInt.of(2))))
        .containsExactly("", "eni-by-mac");
  }

  @Test
  void named_twoEnisOfOneTable_noneRatherThanAWrongOne() {
    assertThat(
            ids(Map.of(), pool("eni-b", 1, OptionalInt.of(2)), pool("eni-c", 2, OptionalInt.of(2))))
        .containsExactly("", "");
  }
}
