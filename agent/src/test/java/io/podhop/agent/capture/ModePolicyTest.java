package io.podhop.agent.capture;

import static io.podhop.agent.capture.ModePolicy.CALM_SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.agent.capture.ModePolicy.Change;
import io.podhop.agent.capture.ModePolicy.Load;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModePolicyTest {
  private final ModePolicy<String> policy = new ModePolicy<>();

  @Test
  void decide_nothingLost_changesNothing() {
    assertThat(policy.decide(0, loads(100_000, 5, 0))).isEmpty();
  }

  @Test
  void decide_idleSourceLoses_theBusiestIsSwitched() {
    assertThat(policy.decide(0, loads(100_000, 5, 3)))
        .containsExactly(new Change<>("busy", CaptureMode.EDGES));
    assertThat(policy.isReduced("busy")).isTrue();
  }

  @Test
  void decide_goesOnLosing_theNextBusiestFollows() {
    policy.decide(0, loads(100_000, 5, 3));

    assertThat(policy.decide(1, loads(100, 5, 3)))
        .containsExactly(new Change<>("idle", CaptureMode.EDGES));
    assertThat(policy.decide(2, loads(100, 5, 3))).isEmpty();
  }

  @Test
  void decide_calmLongEnough_comesBack() {
    policy.decide(0, loads(100_000, 5, 3));

    assertThat(policy.decide(CALM_SECONDS - 1, loads(10, 5, 0))).isEmpty();
    assertThat(policy.decide(CALM_SECONDS, loads(10, 5, 0)))
        .containsExactly(new Change<>("busy", CaptureMode.HEADERS));
    assertThat(policy.isReduced("busy")).isFalse();
  }

  @Test
  void decide_comesBackTooEarly_waitsTwiceAsLong() {
    policy.decide(0, loads(100_000, 5, 3));
    policy.decide(CALM_SECONDS, loads(10, 5, 0));
    policy.decide(CALM_SECONDS + 1, loads(100_000, 5, 3));

    assertThat(policy.decide(3 * CALM_SECONDS, loads(10, 5, 0))).isEmpty();
    assertThat(policy.decide(3 * CALM_SECONDS + 1, loads(10, 5, 0)))
        .containsExactly(new Change<>("busy", CaptureMode.HEADERS));
  }

  @Test
  void decide_sourceIsGone_isForgotten() {
    policy.decide(0, loads(100_000, 5, 3));
    policy.decide(1, List.of(new Load<>("idle", 1, 0)));

    assertThat(policy.isReduced("busy")).isFalse();
  }

  private static List<Load<String>> loads(long busy, long idle, long idleLost) {
    return List.of(new Load<>("busy", busy, 0), new Load<>("idle", idle, idleLost));
  }
}
