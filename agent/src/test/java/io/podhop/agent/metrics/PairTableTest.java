package io.podhop.agent.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.Flow;
import io.podhop.model.Owner;
import io.podhop.model.PairTotals;
import io.podhop.model.Protocol;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PairTableTest {
  private final PairTable table = new PairTable(3);
  private final Increments increments = new Increments(2);

  private void add(Flow flow) {
    table.add(increments.of(flow));
  }

  @Test
  void add_intervalsOfOneConnection_countsWhatIsNewAndTheConnectionOnce() {
    add(Flows.tcp(Flows.pod("db"), 5432, Flow.End.OPEN, 10, 2));
    add(Flows.tcp(Flows.pod("db"), 5432, Flow.End.OPEN, 25, 2));
    add(Flows.tcp(Flows.pod("db"), 5432, Flow.End.CLOSED, 40, 5));

    assertThat(table.totals())
        .containsExactly(
            new PairTotals(
                "shop/web",
                "shop/db",
                5432,
                Protocol.TCP,
                4000,
                4000,
                40,
                40,
                1,
                0,
                5,
                0,
                1,
                2_000_000));
  }

  @Test
  void of_sameTupleAfterItsEnd_isAnotherConnection() {
    add(Flows.tcp(Flows.pod("db"), 5432, Flow.End.CLOSED, 10, 0));
    add(Flows.tcp(Flows.pod("db"), 5432, Flow.End.CLOSED, 10, 0));
    assertThat(table.totals().getFirst().connections()).isEqualTo(2);
    assertThat(table.totals().getFirst().requestBytes()).isEqualTo(2000);
  }

  @Test
  void of_tooManyOpenConnections_forgetsTheOldestAndSaysSo() {
    for (int port = 1; port <= 3; port++) {
      add(Flows.tcp(Flows.pod("db"), port, Flow.End.OPEN, 10, 0));
    }
    assertThat(increments.forgotten()).isEqualTo(1);
  }

  @Test
  void add_beyondTheBound_sharesThePairOther() {
    for (int port = 1; port <= 10; port++) {
      add(Flows.tcp(Flows.pod("db"), port, Flow.End.CLOSED, 1, 0));
    }
    assertThat(table.overflowed()).isEqualTo(7);
    assertThat(table.totals()).hasSize(4);
    PairTotals other = table.totals().getLast();
    assertThat(other.source()).isEqualTo("other");
    assertThat(other.connections()).isEqualTo(7);
    assertThat(table.totals().stream().mapToLong(PairTotals::requestBytes).sum()).isEqualTo(1000);
  }

  @Test
  void totals_sourcesThatMayBeOtherNodesPods_areTheirsToReport() {
    Owner db = Flows.pod("db");
    add(Flows.tcp(new Owner.Unknown(), db, 1, Flow.End.CLOSED, 1, 0));
    add(Flows.tcp(new Owner.Service("shop", "web", ""), db, 2, Flow.End.CLOSED, 1, 0));
    add(Flows.tcp(new Owner.External(""), db, 3, Flow.End.CLOSED, 1, 0));
    assertThat(table.totals()).extracting(PairTotals::source).containsExactly("external");
  }

  @Test
  void snapshot_pairsThatLookTheSame_areAddedUp() {
    add(Flows.tcp(Flows.pod("web"), Flows.pod("db"), 1, Flow.End.CLOSED, 1, 0));
    add(Flows.tcp(new Owner.Service("shop", "web", ""), Flows.pod("db"), 1, Flow.End.CLOSED, 2, 0));
    Samples samples = new Samples();
    table.snapshot(samples);
    Map<List<String>, Double> bytes = samples.of(Metric.FLOW_BYTES);
    assertThat(bytes)
        .containsEntry(List.of("shop", "web", "shop", "db", "1", "tcp", "request"), 300.0)
        .hasSize(2);
  }
}
