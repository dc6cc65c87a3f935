package io.podhop.agent.nat;

/**
 * What conntrack knows of the connection that a packet belongs to, as it finds it when the packet
 * reaches the node.
 *
 * @param reply the packet goes in the reply direction
 * @param first the packet creates the connection's entry: only this one is shown to the nat tables,
 *     for all later ones conntrack repeats what they decided
 * @param mark the connection's mark; 0 without a connection
 * @param sourceTranslated the connection's source is translated (status SNAT)
 * @param destinationTranslated the connection's destination is translated (status DNAT)
 */
public record ConnectionState(
    State state,
    boolean reply,
    boolean first,
    int mark,
    boolean sourceTranslated,
    boolean destinationTranslated) {
  /** The first packet of a connection of which nothing is known yet. */
  public static final ConnectionState FIRST =
      new ConnectionState(State.NEW, false, true, 0, false, false);

  /** A packet that conntrack cannot assign to any connection. */
  public static final ConnectionState INVALID =
      new ConnectionState(State.INVALID, false, false, 0, false, false);

  /** A packet that a rule exempted from tracking. */
  public static final ConnectionState UNTRACKED =
      new ConnectionState(State.UNTRACKED, false, false, 0, false, false);

  /** As iptables spells them ({@code -m conntrack --ctstate}). */
  public enum State {
    NEW,
    ESTABLISHED,
    RELATED,
    INVALID,
    UNTRACKED
  }

  /** A packet of a connection that was answered. */
  public static ConnectionState established(boolean reply, int mark) {
    return new ConnectionState(State.ESTABLISHED, reply, false, mark, false, false);
  }

  /** A later packet of a connection that has this entry. */
  public static ConnectionState of(ConntrackEntry entry, boolean reply) {
    return new ConnectionState(
        reply || entry.seenReply() ? State.ESTABLISHED : State.NEW,
        reply,
        false,
        entry.mark(),
        entry.sourceTranslated(),
        entry.destinationTranslated());
  }

  /** Whether there is a connection at all. */
  public boolean tracked() {
    return state != State.INVALID && state != State.UNTRACKED;
  }

  /** The connection behind a hook of the node, for the question at its next hook. */
  ConnectionState after(WalkState end) {
    if (end.untracked) {
      return UNTRACKED;
    }
    return new ConnectionState(
        state,
        reply,
        first,
        end.connectionMark,
        sourceTranslated || end.sourceTranslated(),
        destinationTranslated || end.destinationTranslated());
  }
}
