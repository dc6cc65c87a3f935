package io.podhop.agent.linux;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The network namespace is no longer there: its process ended. Normal wherever pods come and go.
 */
public final class NamespaceGoneException extends IOException {
  private static final long serialVersionUID = 1;

  NamespaceGoneException(Path path, String why) {
    super("network namespace " + path + " is gone: " + why);
  }
}
