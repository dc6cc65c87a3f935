package io.podhop.agent.linux;

/**
 * The namespace thread could not return to its own network namespace. The thread is retired and no
 * namespace can be entered any more: the process should end and be started again.
 */
public final class NamespaceLostError extends Error {
  private static final long serialVersionUID = 1;

  NamespaceLostError(String message) {
    super(message);
  }
}
