package io.podhop.agent.bundle;

import java.time.Instant;

/**
 * A member of a tar archive.
 *
 * @param rawName as the archive writes it
 * @param linkText where a link leads, as the archive writes it
 */
record TarEntry(String rawName, Kind kind, String linkText, long sizeBytes, Instant modified) {
  /** What a member is. */
  enum Kind {
    FILE,
    DIRECTORY,
    SYMBOLIC_LINK,
    HARD_LINK,
    /** Devices, pipes, sparse files and what the format does not define. */
    OTHER
  }
}
