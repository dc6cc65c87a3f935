package io.podhop.agent.capture;

/**
 * Where frames come from: a live interface or a pcap file. Used by one thread at a time; frames
 * arrive in the order they were captured.
 */
public interface PacketSource extends AutoCloseable {
  /** What {@link #poll} returns when no frame will ever come again; {@link #ending} says why. */
  int ENDED = -1;

  /** For people: the interface and its namespace, or the file. */
  String name();

  /**
   * Hands on at most {@code limit} frames without blocking. What the handler throws passes through
   * after its frame was counted; the next call goes on with the next frame.
   *
   * @return how many frames were handed on, 0 when none waits, or {@link #ENDED}
   */
  int poll(FrameHandler handler, int limit);

  /** A descriptor that poll(2) reports as readable when frames wait; -1 when they always do. */
  int selectableFd();

  /** poll(2) reports an error of the descriptor: the next {@link #poll} looks which. */
  void failed();

  /** Whether frames may wait some milliseconds more, to be read together with those of others. */
  boolean patient();

  /**
   * Captures no more: {@link #poll} gives what was captured until now, then {@link #ENDED}, within
   * a time that the source states.
   */
  void finish();

  CaptureStats stats();

  /** Why the source ended, or {@link Ending#RUNNING}. */
  Ending ending();

  /** Gives everything back; idempotent. */
  @Override
  void close();
}
