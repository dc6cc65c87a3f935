package io.podhop.agent.ipam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Logs and rules of real nodes, which some machines keep beside the checkout. */
public final class Samples {
  private Samples() {}

  /** A sample's text; the test is aborted where there are no samples. */
  public static String text(String name) {
    try {
      return Files.readString(folder().resolve(name));
    } catch (IOException e) {
      throw new AssertionError("sample " + name + " cannot be read", e);
    }
  }

  /** Fails unless the samples whose names match are exactly those that a test knows. */
  public static void assertAllKnown(Pattern kind, Set<String> known) throws IOException {
    try (Stream<Path> files = Files.list(folder())) {
      Set<String> present =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> kind.matcher(name).matches())
              .collect(Collectors.toSet());
      assertThat(known).as("samples with expectations").containsAll(present);
    }
  }

  private static Path folder() {
    Path at = Path.of(System.getProperty("podhop.samples.near", "")).toAbsolutePath();
    while (at.getParent() != null && !Files.isDirectory(at.resolve("shared/samples"))) {
      at = at.getParent();
    }
    Path folder = at.resolve("shared/samples");
    assumeTrue(
        Files.isDirectory(folder),
        "no ../shared/samples beside this checkout, or -Dpodhop.samples.near=");
    return folder;
  }
}
