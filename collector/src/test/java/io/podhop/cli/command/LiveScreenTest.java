package io.podhop.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class LiveScreenTest {
  private static final String FULL = "x".repeat(79) + "|";

  private final StringWriter out = new StringWriter();
  private final Screen terminal = new Screen(6, 80);
  private int rows = 6;
  private final LiveScreen screen = new LiveScreen(new PrintWriter(out), () -> rows);

  /** What the terminal shows of what was written since the last call. */
  private List<String> seen() {
    out.toString().chars().forEach(c -> terminal.accept((char) c));
    out.getBuffer().setLength(0);
    return terminal.lines();
  }

  private void shell(String text) {
    text.chars().forEach(c -> terminal.accept((char) c));
  }

  @Test
  void show_again_leavesNothingOfTheLongerReportBefore() {
    screen.show("head\n" + FULL + "\nthird and longest\nfourth\n");
    assertThat(seen()).containsExactly("head", FULL, "third and longest", "fourth");
    assertThat(terminal.isAlternate()).isTrue();
    assertThat(terminal.isCursorShown()).isFalse();

    screen.show(FULL + "\nthird\n");
    assertThat(seen()).containsExactly(FULL, "third");
  }

  @Test
  void show_writesEachLineAfterErasingIt_andTheWholeInOneGo() {
    screen.show("one\ntwo\n");
    assertThat(out)
        .hasToString(
            "\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[H"
                + "\u001b[Kone\r\n\u001b[Ktwo\r\n\u001b[J");
    out.getBuffer().setLength(0);
    screen.show("three\n");
    assertThat(out).hasToString("\u001b[H\u001b[Kthree\r\n\u001b[J");
  }

  @Test
  void show_moreThanFits_neitherScrollsNorWraps() {
    rows = 4;
    Screen small = new Screen(4, 40);
    screen.show("1\n" + FULL + "\n3\n4\n5\n6\n");
    out.toString().chars().forEach(c -> small.accept((char) c));

    assertThat(small.lines()).containsExactly("1", "x".repeat(39) + "|", "3", "4");
    assertThat(small.scrolled()).isZero();
    assertThat(small.wrapped()).isZero();
  }

  @Test
  void show_afterAResize_fillsWhatThereIsThen() {
    screen.show("1\n2\n3\n4\n5\n6\n7\n");
    assertThat(seen()).containsExactly("1", "2", "3", "4", "5", "6");
    rows = 3;
    screen.show("a\nb\nc\nd\n");
    assertThat(seen().subList(0, 3)).containsExactly("a", "b", "c");
    rows = 6;
    screen.show("a\nb\n");
    assertThat(seen()).containsExactly("a", "b");
  }

  @Test
  void close_restoresTheTerminal_andLeavesTheLastReportBelow() {
    shell("$ podhop top\r\n");
    screen.show("first\n");
    screen.show("last\n");
    screen.close();
    screen.show("too late\n");
    screen.close();

    assertThat(seen()).containsExactly("$ podhop top", "last");
    assertThat(terminal.isRestored()).isTrue();
  }

  @Test
  void close_nothingWasShown_writesNothing() {
    screen.close();
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void terminalSize_ofWhatSttySays_isNeverNone() {
    assertThat(TerminalSize.rows("50 132\n")).isEqualTo(50);
    assertThat(TerminalSize.rows("0 0\n")).isEqualTo(TerminalSize.DEFAULT_ROWS);
    assertThat(TerminalSize.rows("")).isEqualTo(TerminalSize.DEFAULT_ROWS);
  }
}
