package io.podhop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Expected texts in {@code src/test/resources/cli}. With {@code PODHOP_GOLDEN=write} the files are
 * written instead: read the difference before committing it.
 */
public final class Golden {
  private static final Path FOLDER = Path.of("src/test/resources/cli");

  private Golden() {}

  public static void assertSame(String name, String actual) throws IOException {
    Path file = FOLDER.resolve(name);
    if ("write".equals(System.getenv("PODHOP_GOLDEN"))) {
      Files.writeString(file, actual);
    }
    assertThat(actual).isEqualTo(Files.readString(file));
  }
}
