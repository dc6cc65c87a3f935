package io.podhop.model;

/** Which way a packet goes, as the client sees its connection. */
public enum Direction {
  /** From the client to the server. */
  REQUEST,
  /** From the server, or from someone on the path, to the client. */
  REPLY;

  public Direction opposite() {
    return this == REQUEST ? REPLY : REQUEST;
  }
}
