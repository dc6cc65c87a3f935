package io.podhop.cli.command;

import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** Opens support bundles; what reads them is the agent's, which this package does not know. */
@FunctionalInterface
public interface Bundles {
  /**
   * Reads bundles, each of one node, and serves what they know.
   *
   * @param paths directories and .tar.gz files
   * @throws IOException with a sentence that names the file, when one cannot be used
   */
  Open open(List<Path> paths) throws IOException;

  /**
   * Bundles that are open.
   *
   * @param channel where {@code podhop.v1.Explain} is served
   * @param asOf when they were collected; the last of several
   * @param notes what is missing in them and what that makes unknowable
   * @param end to be run when they are not needed any more
   */
  record Open(ManagedChannel channel, Instant asOf, List<String> notes, Runnable end) {
    public Open {
      notes = List.copyOf(notes);
    }
  }
}
