package io.podhop.cli.command;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What must still happen when the person gives up. The JVM exits with 128 + the signal's number:
 * 130 after Ctrl-C.
 */
final class Interrupt {
  private final AtomicBoolean fired = new AtomicBoolean();
  private final Thread hook;

  private Interrupt(Runnable cancel) {
    this.hook =
        new Thread(
            () -> {
              fired.set(true);
              cancel.run();
            },
            "podhop-interrupt");
  }

  /** Cancels on Ctrl-C or termination, until {@link #forget()}. */
  static Interrupt during(Runnable cancel) {
    Interrupt interrupt = new Interrupt(cancel);
    Runtime.getRuntime().addShutdownHook(interrupt.hook);
    return interrupt;
  }

  /** Whether the process is on its way out: what fails now failed because of that. */
  boolean fired() {
    return fired.get();
  }

  /** Nothing is running any more. */
  void forget() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException alreadyExiting) {
      fired.set(true);
    }
  }
}
