package io.podhop.collector;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.collector.fixture.BackEnd;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CollectorCommandTest {
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return new CommandLine(new CollectorCommand()).setErr(new PrintWriter(err)).execute(arguments);
  }

  @Test
  void call_portInUse_isOneSentenceAndTwo() throws Exception {
    try (BackEnd taken = new BackEnd(0)) {
      assertThat(run("--listen", "127.0.0.1:" + taken.port())).isEqualTo(2);
    }
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .startsWith("podhop collector: cannot listen on 127.0.0.1:")
        .contains("in use")
        .contains("--listen");
  }

  @Test
  void call_badArguments_areExplained(@TempDir Path folder) throws Exception {
    Path notes = Files.writeString(folder.resolve("notes"), "no database ".repeat(200));
    assertThat(run("--listen", "nonsense")).isEqualTo(2);
    assertThat(run("--otlp-endpoint", "ftp://x")).isEqualTo(2);
    assertThat(run("--trace-link", "http://jaeger/")).isEqualTo(2);
    assertThat(run("--store", notes.toString())).isEqualTo(2);
    assertThat(err.toString().lines())
        .satisfiesExactly(
            line -> assertThat(line).contains("HOST:PORT"),
            line -> assertThat(line).contains("ftp://x"),
            line -> assertThat(line).contains("{traceId}"),
            line -> assertThat(line).contains("notes"));
  }
}
