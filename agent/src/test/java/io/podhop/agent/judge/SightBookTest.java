package io.podhop.agent.judge;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.judge.SightBook.Counters;
import io.podhop.model.Coverage;
import io.podhop.model.ObservationPoint;
import io.podhop.model.Role;
import org.junit.jupiter.api.Test;

class SightBookTest {
  private static final long SECOND = 1_000_000_000L;
  private static final ObservationPoint POINT =
      new ObservationPoint("node-a", Role.ENI, 1, 2, "eth0", "");
  private final SightBook book = new SightBook();

  @Test
  void at_lossInTheWindow_isRoundedOutwardsToTheNotes() {
    book.opened(POINT, "tcp", 10 * SECOND);
    for (int s = 11; s <= 20; s++) {
      book.note(POINT, s * SECOND, new Counters(s * 100L, s > 15 ? 7 : 0, 0, 0));
    }
    Coverage before = book.at(POINT, 12 * SECOND, 14 * SECOND).orElseThrow();
    assertThat(before.droppedByKernel()).isZero();
    assertThat(before.received()).isEqualTo(200);
    assertThat(before.complete()).isTrue();
    Coverage around = book.at(POINT, 12 * SECOND, 15 * SECOND + 1).orElseThrow();
    assertThat(around.droppedByKernel()).isEqualTo(7);
    assertThat(book.at(POINT, 16 * SECOND, 30 * SECOND).orElseThrow().droppedByKernel()).isZero();
  }

  @Test
  void at_windowBeforeOpening_beginsWhenThePointDid() {
    book.opened(POINT, "tcp", 10 * SECOND);
    assertThat(book.at(POINT, SECOND, 20 * SECOND).orElseThrow().fromNs()).isEqualTo(10 * SECOND);
  }

  @Test
  void note_forHours_keepsTheNewestFineAndMissesNoLoss() {
    book.opened(POINT, "tcp", 0);
    for (int s = 1; s <= 10_000; s++) {
      book.note(POINT, s * SECOND, new Counters(s, s / 1000, 0, 0));
    }
    assertThat(book.at(POINT, 9_980 * SECOND, 9_990 * SECOND).orElseThrow().received())
        .isEqualTo(10);
    assertThat(book.at(POINT, 0, 10_000 * SECOND).orElseThrow().droppedByKernel()).isEqualTo(10);
    assertThat(book.at(POINT, 990 * SECOND, 1_010 * SECOND).orElseThrow().droppedByKernel())
        .isPositive();
  }

  @Test
  void all_closedPoints_staySometime() {
    book.opened(POINT, "tcp", 0);
    book.closed(POINT, 5 * SECOND, new Counters(9, 0, 0, 0));
    assertThat(book.all(4 * SECOND, 6 * SECOND)).hasSize(1);
    assertThat(book.all(6 * SECOND, 7 * SECOND)).isEmpty();
    ObservationPoint next = new ObservationPoint("node-a", Role.ENI, 1, 3, "eth1", "");
    book.opened(next, "tcp", 100 * SECOND);
    book.closed(next, 100 * SECOND, Counters.ZERO);
    assertThat(book.at(POINT, 4 * SECOND, 6 * SECOND)).isEmpty();
  }
}
