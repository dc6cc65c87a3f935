package io.podhop.cli.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** How large the terminal is that this program reads from; a person may change it at any time. */
final class TerminalSize {
  /** Of a terminal that does not say: the smallest there are. */
  static final int DEFAULT_ROWS = 24;

  private TerminalSize() {}

  /** Lines that it shows now. The JDK does not say; stty does, and is on every Linux. */
  static int rows() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(ProcessBuilder.Redirect.INHERIT)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return rows(new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
    } catch (IOException noStty) {
      return DEFAULT_ROWS;
    }
  }

  /**
   * @param said rows and columns, as {@code stty size} prints them; 0 is unknown
   */
  static int rows(String said) {
    String[] numbers = said.strip().split(" ", -1);
    int rows = numbers[0].matches("[0-9]{1,5}") ? Integer.parseInt(numbers[0]) : 0;
    return rows > 0 ? rows : DEFAULT_ROWS;
  }
}
