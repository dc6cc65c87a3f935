package io.podhop.collector.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.ClockOffset;
import org.junit.jupiter.api.Test;

class ClockOffsetsTest {
  private static final long SECOND = 1_000_000_000L;
  private final ClockOffsets offsets = new ClockOffsets();

  private static ClockOffset offset(long ns, long error) {
    return new ClockOffset(ns, error, true);
  }

  @Test
  void from_bothEnds_areMirrored() {
    offsets.learn("b", "a", offset(500, 10), 0);
    assertThat(offsets.from("b", 0)).containsEntry("a", offset(500, 10));
    assertThat(offsets.from("a", 0)).containsEntry("b", offset(-500, 10));
    assertThat(offsets.from("c", 0)).isEmpty();
  }

  @Test
  void learn_worseMeasurement_keepsTheBetter() {
    offsets.learn("a", "b", offset(500, 10), 0);
    offsets.learn("a", "b", offset(450, 100), 0);
    assertThat(offsets.from("a", 0)).containsEntry("b", offset(500, 10));
  }

  @Test
  void learn_afterDrift_takesTheFresherOne() {
    offsets.learn("a", "b", offset(500, 10), 0);
    assertThat(offsets.from("a", 10 * SECOND)).containsEntry("b", offset(500, 150_010));
    offsets.learn("a", "b", offset(900, 5_000), 10 * SECOND);
    assertThat(offsets.from("a", 10 * SECOND)).containsEntry("b", offset(900, 5_000));
  }

  @Test
  void learn_clockWasSet_replacesEvenABetterOne() {
    offsets.learn("a", "b", offset(500, 10), 0);
    offsets.learn("a", "b", offset(3_600 * SECOND, 9_000), SECOND);
    assertThat(offsets.from("a", SECOND)).containsEntry("b", offset(3_600 * SECOND, 9_000));
  }

  @Test
  void learn_unknown_isIgnored() {
    offsets.learn("a", "b", ClockOffset.UNKNOWN, 0);
    assertThat(offsets.from("a", 0)).isEmpty();
  }

  @Test
  void learn_tooManyPairs_forgetsTheOldest() {
    for (int i = 0; i <= ClockOffsets.MAX_PAIRS; i++) {
      offsets.learn("a", "b" + i, offset(i, 1), 0);
    }
    assertThat(offsets.from("a", 0)).hasSize(ClockOffsets.MAX_PAIRS).doesNotContainKey("b0");
  }
}
