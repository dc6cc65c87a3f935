package io.podhop.agent.nat;

import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import java.util.Optional;

/** What a rule does with a packet that it matches. */
public sealed interface Target {
  /**
   * @param returns false for {@code -g}: the chain's end returns to the caller's caller
   */
  record Jump(String chain, boolean returns) implements Target {}

  record Accept() implements Target {}

  record Drop() implements Target {}

  record Reject(String options) implements Target {}

  record Return() implements Target {}

  /**
   * @param to empty when the target has a form we do not read
   */
  record Snat(Optional<IpAddress> to, String options) implements Target {}

  /**
   * @param port 0 when the port is kept
   */
  record Dnat(Optional<IpAddress> to, int port, String options) implements Target {}

  record Masquerade(String options) implements Target {}

  /**
   * The destination becomes the node itself.
   *
   * @param port 0 when the port is kept, -1 when the kernel chooses one of several
   */
  record Redirect(int port, String options) implements Target {}

  /**
   * The network part of the address becomes this one's; destination before routing, else source.
   */
  record NetMap(Cidr to) implements Target {}

  /** The packet belongs to no connection ({@code NOTRACK}, {@code CT --notrack}). */
  record NoTrack() implements Target {}

  /** fwmark = (fwmark and not mask) xor value. */
  record SetMark(int value, int mask) implements Target {}

  /** Connection mark = (mark and not mask) xor value. */
  record SetConnectionMark(int value, int mask) implements Target {}

  /** fwmark = (fwmark and not packetMask) xor (connection mark and connectionMask). */
  record RestoreMark(int packetMask, int connectionMask) implements Target {}

  /** Connection mark = (mark and not connectionMask) xor (fwmark and packetMask). */
  record SaveMark(int packetMask, int connectionMask) implements Target {}

  /** Counts only. */
  record None() implements Target {}

  /**
   * A target that we do not evaluate.
   *
   * @param passes the packet goes on to the next rule whatever the target does (LOG, NFLOG, …)
   */
  record Other(String text, boolean passes) implements Target {}
}
