package io.podhop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class PodhopTest {
  @Test
  void version_printed_namesProgramAndJava() {
    StringWriter out = new StringWriter();

    int exit = Podhop.commandLine().setOut(new PrintWriter(out)).execute("version");

    assertThat(exit).isZero();
    assertThat(out.toString())
        .isEqualToIgnoringNewLines("podhop (not packaged), Java " + Runtime.version());
  }
}
