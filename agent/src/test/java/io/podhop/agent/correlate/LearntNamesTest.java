package io.podhop.agent.correlate;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.IpAddress;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LearntNamesTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long GRACE = LearntNames.GRACE_SECONDS * SECOND;
  private static final long NOW = 1_000_000 * SECOND;
  private static final IpAddress A = IpAddress.parse("203.0.113.10");
  private final LearntNames<String> names = new LearntNames<>(3, 5);

  private static IpAddress address(int last) {
    return IpAddress.parse("203.0.113." + last);
  }

  @Test
  void name_withinTtlAndGrace_isKnownAndAfterwardsNot() {
    names.learn("shop/web-0", "api.example.com", A, 60, NOW);
    assertThat(names.name("shop/web-0", A, NOW - 1)).isEmpty();
    assertThat(names.name("shop/web-0", A, NOW)).contains("api.example.com");
    assertThat(names.name("shop/web-0", A, NOW + 60 * SECOND + GRACE)).contains("api.example.com");
    assertThat(names.name("shop/web-0", A, NOW + 60 * SECOND + GRACE + 1)).isEmpty();
  }

  @Test
  void learn_ttlOutOfReason_isClamped() {
    names.learn("p", "zero", address(1), 0, NOW);
    names.learn("p", "week", address(2), 604_800, NOW);
    assertThat(names.name("p", address(1), NOW + SECOND + GRACE)).contains("zero");
    assertThat(names.name("p", address(1), NOW + SECOND + GRACE + 1)).isEmpty();
    assertThat(names.name("p", address(2), NOW + 3600 * SECOND + GRACE)).contains("week");
    assertThat(names.name("p", address(2), NOW + 3600 * SECOND + GRACE + 1)).isEmpty();
  }

  @Test
  void name_ofAnotherPodsAnswer_isNotThisPods() {
    names.learn("shop/web-0", "api.example.com", A, 60, NOW);
    assertThat(names.name("shop/cart-0", A, NOW)).isEmpty();
  }

  @Test
  void name_sharedAddress_isTheLatestKnownAtTheTime() {
    names.learn("p", "first", A, 60, NOW);
    names.learn("p", "second", A, 60, NOW + 5 * SECOND);
    assertThat(names.name("p", A, NOW + 4 * SECOND)).contains("first");
    assertThat(names.name("p", A, NOW + 5 * SECOND)).contains("second");
  }

  @Test
  void learn_sameNameAgainInTime_holdsFromItsFirstAnswer() {
    names.learn("p", "api", A, 5, NOW);
    names.learn("p", "api", A, 5, NOW + 20 * SECOND);
    assertThat(names.name("p", A, NOW)).contains("api");
    assertThat(names.name("p", A, NOW + 25 * SECOND + GRACE)).contains("api");
  }

  @Test
  void learn_beyondBounds_forgetsTheOldestAndCounts() {
    for (int i = 1; i <= 4; i++) {
      names.learn("p", "n" + i, address(i), 60, NOW);
    }
    assertThat(names.name("p", address(1), NOW)).isEmpty();
    assertThat(names.name("p", address(4), NOW)).contains("n4");
    assertThat(names.overflowed()).isEqualTo(1);
    for (int i = 1; i <= 4; i++) {
      names.learn("q", "n" + i, address(i), 60, NOW);
    }
    assertThat(names.size()).isEqualTo(5);
    assertThat(names.overflowed()).isEqualTo(3);
  }

  @Test
  void retain_podsThatAreGone_areForgotten() {
    names.learn("p", "n", A, 60, NOW);
    names.learn("q", "n", A, 60, NOW);
    names.retain(Set.of("q"));
    assertThat(names.name("p", A, NOW)).isEmpty();
    assertThat(names.size()).isEqualTo(1);
  }

  @Test
  void learn_unreadableName_isNotShown() {
    names.learn("p", "", A, 60, NOW);
    assertThat(names.size()).isZero();
  }
}
