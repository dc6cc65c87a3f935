package io.podhop.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AmountsTest {
  @ParameterizedTest
  @CsvSource({"1%, 0.01", "0.1 %, 0.001", "0%, 0", "100%, 1"})
  void share_percent_isRead(String text, double share) {
    assertThat(Amounts.share(text)).isEqualTo(share);
  }

  @ParameterizedTest
  @CsvSource({"64MB, 67108864", "1G, 1073741824", "512k, 524288", "4096, 4096", "8MiB, 8388608"})
  void bytes_sizes_areRead(String text, long bytes) {
    assertThat(Amounts.bytes(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1", "101%", "-1%", "1e3%", "%"})
  void share_other_isRefused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Amounts.share(text))
        .withMessageContaining("1%");
  }

  @Test
  void listen_addresses_areRead() {
    assertThat(Amounts.listen("")).isEmpty();
    assertThat(Amounts.listen("127.0.0.1:9464").map(a -> a.getPort())).contains(9464);
    assertThat(Amounts.listen("[::1]:9464").map(a -> a.getAddress().isLoopbackAddress()))
        .contains(true);
    assertThat(Amounts.listen(":9464").map(a -> a.getAddress().isAnyLocalAddress())).contains(true);
    assertThatIllegalArgumentException().isThrownBy(() -> Amounts.listen("9464"));
    assertThatIllegalArgumentException().isThrownBy(() -> Amounts.listen("x:70000"));
  }

  @Test
  void amounts_mutated_areReadOrRefusedAndNothingElse() {
    Random random = new Random(7);
    String alphabet = "0123456789.%kMGiB: []-x";
    for (int i = 0; i < 100_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = random.nextInt(12); j >= 0; j--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      try {
        assertThat(Amounts.share(text.toString())).isBetween(0.0, 1.0);
      } catch (IllegalArgumentException refused) {
        assertThat(refused).hasMessageContaining("share");
      }
      try {
        assertThat(Amounts.bytes(text.toString())).isNotNegative();
      } catch (IllegalArgumentException refused) {
        assertThat(refused).hasMessageContaining("memory");
      }
    }
  }

  @Test
  void alwaysOn_outOfBounds_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new AlwaysOn(AlwaysOn.Mode.HEADERS, 0.01, -1, 1 << 26, 4096, Optional.empty()))
        .withMessageContaining("--max-traces");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new AlwaysOn(AlwaysOn.Mode.HEADERS, 0.01, 1, 1, 4096, Optional.empty()))
        .withMessageContaining("--ring-memory");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new AlwaysOn(AlwaysOn.Mode.HEADERS, 0.01, 1, 1 << 26, 1, Optional.empty()))
        .withMessageContaining("--max-connections");
  }
}
