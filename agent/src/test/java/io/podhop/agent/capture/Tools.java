package io.podhop.agent.capture;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** External programs as oracles and traffic sources; a missing one fails the test by name. */
public final class Tools {
  private static final Map<String, String> PACKAGES =
      Map.of(
          "tcpdump",
          "tcpdump",
          "tshark",
          "tshark",
          "ip",
          "iproute2",
          "ping",
          "iputils-ping",
          "socat",
          "socat",
          "ethtool",
          "ethtool");
  private static final int TIMEOUT_SECONDS = 60;

  private Tools() {}

  /** Standard output of a program that must succeed. */
  public static String run(String... command) throws IOException, InterruptedException {
    Path output = Files.createTempFile("podhop", ".out");
    Path errors = Files.createTempFile("podhop", ".err");
    try {
      Process process = start(output.toFile(), errors.toFile(), command);
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(String.join(" ", command) + " did not end in time");
      }
      if (process.exitValue() != 0) {
        throw new IOException(String.join(" ", command) + ": " + Files.readString(errors));
      }
      return Files.readString(output);
    } finally {
      Files.delete(output);
      Files.delete(errors);
    }
  }

  /** What tshark reads in a capture file: a line for each packet, fields between bars. */
  public static String fields(Path file, String... names) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of("tshark", "-r", file.toString(), "-T", "fields", "-E", "separator=|"));
    for (String name : names) {
      command.addAll(List.of("-e", name));
    }
    return run(command.toArray(String[]::new));
  }

  static Process start(File output, File errors, String... command) throws IOException {
    try {
      return new ProcessBuilder(command)
          .redirectOutput(output)
          .redirectError(errors)
          .redirectInput(new File("/dev/null"))
          .start();
    } catch (IOException e) {
      String name = command[0];
      throw new IOException(
          name + " is missing: install package " + PACKAGES.getOrDefault(name, name), e);
    }
  }
}
