package io.podhop.agent.nat;

import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import java.util.List;

/**
 * What the rules make of a packet at one hook.
 *
 * @param fwmark the packet's mark behind the hook, which policy routing sees; for several DNAT
 *     candidates that of the likeliest
 * @param citations the rules that decided it, in the order a packet meets them; with several
 *     candidates those that lead to the likeliest
 */
public record NatPrediction(Outcome outcome, int fwmark, List<Citation> citations) {
  public NatPrediction {
    citations = List.copyOf(citations);
  }

  /** What becomes of the addresses. */
  public sealed interface Outcome {}

  /** The packet passes unchanged. */
  public record NoNat() implements Outcome {}

  /** The source becomes this address. */
  public record Snat(IpAddress to) implements Outcome {}

  /** The source becomes the outgoing interface's address. */
  public record Masquerade() implements Outcome {}

  /** The destination becomes one of these, likeliest first. */
  public record Dnat(List<Candidate> candidates) implements Outcome {
    public Dnat {
      candidates = List.copyOf(candidates);
    }
  }

  /** A rule refuses the packet. */
  public record Refused(Citation rule) implements Outcome {}

  /** The rules depend on something that we do not know. */
  public record CannotTell(String because) implements Outcome {}

  /**
   * One possible destination.
   *
   * @param probability of being chosen, 0 to 1
   * @param fwmark the packet's mark when it is chosen
   * @param citations the rules that lead to it
   */
  public record Candidate(
      IpAddress address, int port, double probability, int fwmark, List<Citation> citations) {
    public Candidate {
      citations = List.copyOf(citations);
    }
  }
}
