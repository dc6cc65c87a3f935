package io.podhop.agent.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The capabilities that the agent cannot work without (capabilities(7)). */
public final class Capabilities {
  private static final String EFFECTIVE = "CapEff:";

  private Capabilities() {}

  /**
   * Names of the needed capabilities that this thread does not hold; empty when all is well.
   *
   * @throws IOException when /proc does not tell
   */
  public static List<String> missing() throws IOException {
    return missingIn(Files.readAllLines(Path.of("/proc/thread-self/status")));
  }

  static List<String> missingIn(List<String> status) throws IOException {
    for (String line : status) {
      if (line.startsWith(EFFECTIVE)) {
        return missingIn(effective(line.substring(EFFECTIVE.length()).strip()));
      }
    }
    throw new IOException("no line '" + EFFECTIVE + "' in /proc/thread-self/status");
  }

  private static long effective(String hexadecimal) throws IOException {
    try {
      return Long.parseUnsignedLong(hexadecimal, 16);
    } catch (NumberFormatException e) {
      throw new IOException("not a capability set: '" + hexadecimal + "'", e);
    }
  }

  private static List<String> missingIn(long effective) {
    List<String> missing = new ArrayList<>();
    for (Needed needed : Needed.values()) {
      if ((effective >>> needed.bit & 1) == 0) {
        missing.add(needed.name());
      }
    }
    return missing;
  }

  private enum Needed {
    CAP_SYS_ADMIN(21),
    CAP_NET_ADMIN(12),
    CAP_NET_RAW(13),
    CAP_SYS_PTRACE(19);

    private final int bit;

    Needed(int bit) {
      this.bit = bit;
    }
  }
}
