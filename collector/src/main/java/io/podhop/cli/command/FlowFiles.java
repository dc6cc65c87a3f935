package io.podhop.cli.command;

import io.podhop.model.Flow;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Makes flows of capture files; what does it is the agent's, which this package does not know. */
@FunctionalInterface
public interface FlowFiles {
  /**
   * Reads the files as one capture and hands on each flow as it ends.
   *
   * @throws IOException with a sentence that names the file, when one cannot be read
   */
  void read(List<Path> files, Consumer<Flow> flows) throws IOException;
}
