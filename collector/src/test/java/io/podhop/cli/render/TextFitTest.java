package io.podhop.cli.render;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class TextFitTest {
  @Test
  void wrap_randomText_keepsEveryWordAndEveryLimit() {
    Random random = new Random(20260823);
    for (int i = 0; i < 2000; i++) {
      StringBuilder text = new StringBuilder();
      for (int word = random.nextInt(12); word >= 0; word--) {
        text.append("x".repeat(1 + random.nextInt(30))).append(' ');
      }
      int width = 5 + random.nextInt(40);

      assertThat(TextFit.wrap(text.toString(), width))
          .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(width))
          .satisfies(
              lines ->
                  assertThat(String.join("", lines).replace(" ", ""))
                      .isEqualTo(text.toString().replace(" ", "")));
    }
  }

  @Test
  void wrap_moreLinesThanAllowed_endsWithEllipsis() {
    assertThat(TextFit.wrap("one two three four five", 9, 2, "…"))
        .containsExactly("one two", "three fo…");
    assertThat(TextFit.wrap("one two", 9, 2, "…")).containsExactly("one two");
  }

  @Test
  void cut_longName_keepsBothEnds() {
    assertThat(TextFit.cutMiddle("checkout-6c8f9d7b5-x2x4z", 15, "…")).isEqualTo("checkou…5-x2x4z");
    assertThat(TextFit.cutEnd("eni0123456789ab", 12, "...")).isEqualTo("eni012345...");
  }

  @Test
  void times_units_followMagnitude() {
    Style style = new Style(true, false, false);

    assertThat(Times.of(0, style)).isEqualTo("0 ns");
    assertThat(Times.of(-1_800, style)).isEqualTo("-2 µs");
    assertThat(Times.of(199_499, style)).isEqualTo("199 µs");
    assertThat(Times.of(327_000, style)).isEqualTo("0.33 ms");
    assertThat(Times.of(12_000_000, style)).isEqualTo("12.0 ms");
    assertThat(Times.of(3_000_000_000L, style)).isEqualTo("3.0 s");
  }
}
