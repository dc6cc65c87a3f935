package io.podhop.agent.capture;

/**
 * Why a source gives no more frames.
 *
 * @param detail one sentence; empty when there is nothing to add
 */
public record Ending(Reason reason, String detail) {
  /** What ended a source. */
  public enum Reason {
    /** It has not ended. */
    RUNNING,
    /** Its file is read to the end. */
    END_OF_FILE,
    /** Somebody asked for it. */
    REMOVED,
    /** The interface, or the namespace it was in, is gone. */
    INTERFACE_GONE,
    /** The kernel failed to read, or the file is damaged from here on. */
    READ_FAILED,
    /** The capture loop was closed. */
    LOOP_CLOSED
  }

  public static final Ending RUNNING = new Ending(Reason.RUNNING, "");
  static final Ending END_OF_FILE = new Ending(Reason.END_OF_FILE, "");
  static final Ending REMOVED = new Ending(Reason.REMOVED, "");
  static final Ending LOOP_CLOSED = new Ending(Reason.LOOP_CLOSED, "");
}
