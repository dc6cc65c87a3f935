package io.podhop.agent.capture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DropHistoryTest {
  private final DropHistory history = new DropHistory(1_000);

  @Test
  void since_lossBeforeTheConnection_isNotHeldAgainstIt() {
    history.sample(2_000, 10);
    history.sample(3_000, 10);
    history.sample(4_000, 25);

    assertThat(history.since(1_500)).isEqualTo(25);
    assertThat(history.since(2_500)).isEqualTo(15);
    assertThat(history.since(4_500)).isZero();
    assertThat(history.total()).isEqualTo(25);
    assertThat(history.sampledNs()).isEqualTo(4_000);
  }

  @Test
  void since_lossAtTheVeryMoment_isHeldAgainstIt() {
    history.sample(2_000, 1);

    assertThat(history.since(2_000)).isEqualTo(1);
  }

  @Test
  void since_moreLossesThanRemembered_doubtsTooMuchRatherThanTooLittle() {
    for (int i = 1; i <= 3 * DropHistory.REMEMBERED; i++) {
      history.sample(2_000 + i, i);
    }

    long all = 3L * DropHistory.REMEMBERED;
    assertThat(history.since(2_000 + all + 1)).isZero();
    assertThat(history.since(2_000 + all)).isEqualTo(1);
    assertThat(history.since(0)).isEqualTo(all);
    assertThat(history.since(2_010)).isEqualTo(all);
  }

  @Test
  void sample_counterThatFalls_changesNothing() {
    history.sample(2_000, 10);
    history.sample(3_000, 4);

    assertThat(history.total()).isEqualTo(10);
  }
}
