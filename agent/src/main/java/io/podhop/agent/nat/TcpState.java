package io.podhop.agent.nat;

import java.util.Optional;

/** Conntrack's state of a TCP connection, in the kernel's order (nf_conntrack_tcp.h). */
public enum TcpState {
  NONE,
  SYN_SENT,
  SYN_RECV,
  ESTABLISHED,
  FIN_WAIT,
  CLOSE_WAIT,
  LAST_ACK,
  TIME_WAIT,
  CLOSE,
  SYN_SENT2;

  static Optional<TcpState> ofNumber(int number) {
    return number >= 0 && number < values().length
        ? Optional.of(values()[number])
        : Optional.empty();
  }

  static Optional<TcpState> ofName(String name) {
    for (TcpState state : values()) {
      if (state.name().equals(name)) {
        return Optional.of(state);
      }
    }
    return Optional.empty();
  }
}
