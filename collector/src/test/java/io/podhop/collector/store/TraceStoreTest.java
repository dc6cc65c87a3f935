package io.podhop.collector.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.collector.fixture.Shop;
import io.podhop.model.ClockOffset;
import io.podhop.model.Direction;
import io.podhop.model.FlowKey;
import io.podhop.model.Identity;
import io.podhop.model.Protocol;
import io.podhop.model.Trace;
import io.podhop.model.Verdict;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceStoreTest {
  private static final FlowKey FLOW =
      new FlowKey(Protocol.TCP, Shop.WEB_IP, 40_112, Shop.DB_IP, Shop.PORT);

  @TempDir private Path folder;
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");

  private static Trace trace(String id, String cause) {
    Verdict verdict =
        new Verdict(
            Verdict.Id.DELIVERED,
            List.of(),
            Verdict.Place.NONE,
            Direction.REQUEST,
            cause,
            List.of("line"),
            Verdict.Grade.PROVEN,
            "all complete",
            "");
    return new Trace(
        id,
        Identity.TCP_ISN,
        1_790_000_000_000_000_000L,
        Shop.web(),
        Shop.db(),
        FLOW,
        FLOW,
        List.of(),
        List.of(),
        150_000,
        0,
        ClockOffset.UNKNOWN,
        List.of(),
        verdict,
        List.of());
  }

  private static String id(int number) {
    return "%032x".formatted(0x10000000L + number);
  }

  private TraceStore open() {
    return TraceStore.open(folder.resolve("traces.db"), () -> now);
  }

  @Test
  void get_afterAnUncleanEnd_hasWhatWasSaved() throws Exception {
    Path copy = folder.resolve("copy.db");
    try (TraceStore store = open()) {
      store.save(trace(id(1), "answered"));
      // What kill -9 leaves: the file and its write-ahead log, never closed.
      Files.copy(folder.resolve("traces.db"), copy);
      Files.copy(folder.resolve("traces.db-wal"), folder.resolve("copy.db-wal"));
    }
    try (TraceStore store = TraceStore.open(copy, () -> now)) {
      assertThat(store.get(id(1))).isEqualTo(new TraceStore.Lookup.Found(trace(id(1), "answered")));
    }
  }

  @Test
  void save_sameIdAgain_replacesIt() {
    try (TraceStore store = open()) {
      store.save(trace(id(1), "first"));
      store.save(trace(id(1), "second"));
      assertThat(store.list(10)).containsExactly(trace(id(1), "second"));
    }
  }

  @Test
  void get_prefix_isFoundUnlessAmbiguous() {
    try (TraceStore store = TraceStore.inMemory(() -> now)) {
      store.save(trace("abcd" + "0".repeat(28), "one"));
      store.save(trace("abce" + "0".repeat(28), "two"));
      store.save(trace("abce1" + "0".repeat(27), "three"));
      assertThat(store.get("abcd")).isInstanceOf(TraceStore.Lookup.Found.class);
      assertThat(store.get("abce")).isInstanceOf(TraceStore.Lookup.Ambiguous.class);
      assertThat(store.get("abcf")).isEqualTo(new TraceStore.Lookup.Unknown());
      assertThat(store.get("ab%")).isEqualTo(new TraceStore.Lookup.Malformed());
      assertThat(store.get("abc")).isEqualTo(new TraceStore.Lookup.Malformed());
    }
  }

  @Test
  void sweep_oldAndMany_keepsTheNewest() throws Exception {
    try (TraceStore store = open()) {
      store.save(trace(id(1), "old"));
      now = now.plus(TraceStore.MAX_AGE).plusSeconds(1);
      for (int i = 2; i <= 6; i++) {
        store.save(trace(id(i), "new"));
        now = now.plusSeconds(1);
      }
      store.sweep(3);
      assertThat(store.list(10)).extracting(Trace::traceId).containsExactly(id(6), id(5), id(4));
      assertThat(store.list(2)).hasSize(2);
    }
  }

  @Test
  void open_noStore_saysWhichFile() throws Exception {
    Path file = folder.resolve("notes.txt");
    Files.writeString(file, "this is not a database, and long enough to be sure of it".repeat(20));
    assertThatThrownBy(() -> TraceStore.open(file, () -> now))
        .isInstanceOf(TraceStore.StoreException.class)
        .hasMessageContaining("notes.txt");
    assertThatThrownBy(() -> TraceStore.open(folder.resolve("a/b/c.db"), () -> now))
        .isInstanceOf(TraceStore.StoreException.class)
        .hasMessageContaining("c.db");
  }
}
