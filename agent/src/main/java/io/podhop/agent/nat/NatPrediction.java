package io.podhop.agent.nat;

import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import java.util.List;

/**
 * What the rules make of a packet at one hook.
 *
 * @param fwmark the packet's mark behind the hook, which policy routing sees; for several DNAT
 *     candidates that of the likeliest
 * @param connection the connection behind the hook, with the mark that rules gave it, for the
 *     question at the next hook; of the likeliest candidate as well
 * @param citations the rules that decided it, in the order a packet meets them; with several
 *     candidates those that lead to the likeliest
 * @param steps every rule that matches, in order, jumps included; of the likeliest candidate
 */
public record NatPrediction(
    Outcome outcome,
    int fwmark,
    ConnectionState connection,
    List<Citation> citations,
    List<Step> steps) {
  public NatPrediction {
    citations = List.copyOf(citations);
    steps = List.copyOf(steps);
  }

  /** The connection's mark behind the hook. */
  public int connectionMark() {
    return connection.mark();
  }

  /**
   * A rule that matches.
   *
   * @param effect what it does, for people: {@code jumps to KUBE-SERVICES}, {@code returns}
   */
  public record Step(Rule rule, String effect) {
    public Citation cite() {
      return rule.cite();
    }
  }

  /** What becomes of the addresses. */
  public sealed interface Outcome {}

  /** The packet passes unchanged. */
  public record NoNat() implements Outcome {}

  /** The source becomes this address. */
  public record Snat(IpAddress to) implements Outcome {}

  /** The source becomes the outgoing interface's address. */
  public record Masquerade() implements Outcome {}

  /**
   * The destination becomes one of these, likeliest first.
   *
   * @param affinitySeconds 0, or how long the service sends a client to the endpoint it had before
   *     (ClientIP affinity); probabilities are those of a client that the node does not remember
   */
  public record Dnat(List<Candidate> candidates, int affinitySeconds) implements Outcome {
    public Dnat {
      candidates = List.copyOf(candidates);
    }

    /** Without affinity. */
    public Dnat(List<Candidate> candidates) {
      this(candidates, 0);
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
   * @param connectionMark the connection's mark when it is chosen
   * @param citations the rules that lead to it
   */
  public record Candidate(
      IpAddress address,
      int port,
      double probability,
      int fwmark,
      int connectionMark,
      List<Citation> citations) {
    public Candidate {
      citations = List.copyOf(citations);
    }
  }
}
