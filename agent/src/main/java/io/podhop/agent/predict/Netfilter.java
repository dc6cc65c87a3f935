package io.podhop.agent.predict;

import io.podhop.agent.nat.ConnectionState;
import io.podhop.agent.nat.NatEvaluator;
import io.podhop.agent.nat.NatPrediction;
import io.podhop.agent.nat.NatQuery;
import io.podhop.agent.nat.NatSnapshot;
import io.podhop.agent.nat.Rule;
import io.podhop.agent.nat.Target;
import io.podhop.agent.route.Egress;
import io.podhop.model.Citation;
import io.podhop.model.DnatChoice;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.PredictedLeg.Fate;
import io.podhop.model.PredictedLeg.Unclear;
import io.podhop.model.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Takes a packet through netfilter's hooks: by the rules for the first packet of a connection, by
 * conntrack for later ones. A hook gives a fate when the packet's way ends there.
 */
final class Netfilter {
  private final Passage at;
  private final NatSnapshot rules;

  /** The label of the point that a packet which is refused does not come to. */
  private final Supplier<String> next;

  Netfilter(Passage at, Supplier<String> next) {
    this.at = at;
    this.rules = at.node.view().nat();
    this.next = next;
  }

  /**
   * PREROUTING, or OUTPUT's part before its filter for a packet of the node's own.
   *
   * @param in empty for the node's own
   * @param out where the node's own was routed to first
   */
  Optional<Fate> beforeRouting(String in, String out) {
    Optional<NatPrediction.Candidate> chosen = chosen(in, out);
    NatPrediction prediction = ask(NatEvaluator::prerouting, in, out);
    Optional<Fate> end = end(prediction);
    if (end.isEmpty()) {
      if (prediction.outcome() instanceof NatPrediction.Dnat dnat) {
        redirect(dnat, chosen.or(() -> Optional.of(dnat.candidates().getFirst())).orElseThrow());
      } else {
        at.restoreDestination();
      }
    }
    return end;
  }

  /** The endpoint that the question says was chosen, if the rules could choose it. */
  private Optional<NatPrediction.Candidate> chosen(String in, String out) {
    Optional<FlowKey> endpoint = at.endpoint();
    if (endpoint.isEmpty()) {
      return Optional.empty();
    }
    NatPrediction prediction =
        NatEvaluator.prerouting(rules, at.natQuery(in, out).with(ConnectionState.FIRST));
    Optional<NatPrediction.Candidate> chosen =
        prediction.outcome() instanceof NatPrediction.Dnat dnat
            ? dnat.candidates().stream().filter(c -> leadsTo(c, endpoint.get())).findFirst()
            : Optional.empty();
    if (chosen.isPresent()) {
      at.begin();
    }
    return chosen;
  }

  private static boolean leadsTo(NatPrediction.Candidate candidate, FlowKey endpoint) {
    return candidate.address().equals(endpoint.destination())
        && candidate.port() == endpoint.destinationPort();
  }

  Optional<Fate> forwarding(String in, String out) {
    return end(ask(NatEvaluator::forwarding, in, out));
  }

  Optional<Fate> output(String firstOut) {
    return end(ask(NatEvaluator::output, "", firstOut));
  }

  /** INPUT, the last hook of what the node itself receives. */
  Optional<Fate> input(String in) {
    NatPrediction prediction = ask(NatEvaluator::input, in, "");
    return end(prediction).or(() -> source(prediction.outcome(), Optional::empty));
  }

  /**
   * POSTROUTING.
   *
   * @param nextHop the gateway, or the destination when it is on the link
   */
  Optional<Fate> afterRouting(String out, IpAddress nextHop) {
    NatPrediction prediction = ask(NatEvaluator::postrouting, "", out);
    return end(prediction)
        .or(
            () ->
                source(
                    prediction.outcome(),
                    () -> Egress.masqueraded(at.node.routes(), out, nextHop)));
  }

  private NatPrediction ask(
      BiFunction<NatSnapshot, NatQuery, NatPrediction> hook, String in, String out) {
    NatPrediction prediction = hook.apply(rules, at.natQuery(in, out));
    at.fwmark = prediction.fwmark();
    at.connection = prediction.connection();
    if (!(prediction.outcome() instanceof NatPrediction.Dnat)) {
      at.why(prediction.citations());
    }
    return prediction;
  }

  private Optional<Fate> end(NatPrediction prediction) {
    return switch (prediction.outcome()) {
      case NatPrediction.CannotTell unknown ->
          Optional.of(new Unclear(unknown.because(), prediction.citations()));
      case NatPrediction.Refused refused -> Optional.of(refuse(prediction, refused.rule()));
      case NatPrediction.NoNat _,
          NatPrediction.Snat _,
          NatPrediction.Masquerade _,
          NatPrediction.Dnat _ ->
          Optional.empty();
    };
  }

  private void redirect(NatPrediction.Dnat dnat, NatPrediction.Candidate assumed) {
    at.why(assumed.citations());
    at.fwmark = assumed.fwmark();
    ConnectionState state = at.connection;
    at.connection =
        new ConnectionState(
            state.state(),
            state.reply(),
            state.first(),
            assumed.connectionMark(),
            state.sourceTranslated(),
            state.destinationTranslated());
    at.setDestination(assumed.address(), assumed.port());
    if (dnat.candidates().size() > 1) {
      at.choose(
          Stream.concat(
                  Stream.of(assumed), dnat.candidates().stream().filter(c -> !c.equals(assumed)))
              .map(c -> new DnatChoice(c.address(), c.port(), c.probability(), c.citations()))
              .toList());
    }
    if (dnat.affinitySeconds() > 0) {
      at.note(
          "the service keeps a client at its endpoint for "
              + dnat.affinitySeconds()
              + " s; the endpoint here is a new client's");
    }
  }

  private Optional<Fate> source(
      NatPrediction.Outcome outcome, Supplier<Optional<IpAddress>> ofInterface) {
    Optional<IpAddress> to =
        switch (outcome) {
          case NatPrediction.Snat snat -> Optional.of(snat.to());
          case NatPrediction.Masquerade _ -> ofInterface.get();
          case NatPrediction.NoNat _,
              NatPrediction.Dnat _,
              NatPrediction.Refused _,
              NatPrediction.CannotTell _ ->
              Optional.empty();
        };
    if (outcome instanceof NatPrediction.Masquerade && to.isEmpty()) {
      return Optional.of(
          new Unclear(
              "it is not known which of its addresses the outgoing interface masquerades with",
              at.why()));
    }
    if (to.isEmpty()) {
      at.restoreSource();
      return Optional.empty();
    }
    at.setSource(to.get(), at.packet.sourcePort());
    if (at.why().stream().anyMatch(line -> line.text().contains(" --random"))) {
      at.note("the source port may become another: the rule asks for a random one");
    }
    return Optional.empty();
  }

  private Fate refuse(NatPrediction prediction, Citation line) {
    Optional<Rule> rule =
        prediction.steps().isEmpty()
            ? Optional.empty()
            : Optional.of(prediction.steps().getLast().rule())
                .filter(last -> last.cite().equals(line));
    boolean rejects =
        rule.map(r -> r.target() instanceof Target.Reject)
            .orElse(line.text().contains("-j REJECT"));
    String comment = rule.map(Rule::comment).orElse("");
    // An answer that is rejected tells its sender, and the one who waits for it nothing.
    Verdict.Id id = rejects && at.isRequest() ? Verdict.Id.REFUSED : Verdict.Id.FIREWALL_DROP;
    return at.dies(
        id, next.get(), cause(line, comment, rejects), List.of(line), advice(line, comment));
  }

  private String cause(Citation line, String comment, boolean rejects) {
    if (comment.endsWith(" has no endpoints") || comment.endsWith(" has no local endpoints")) {
      return "service " + comment + ": kube-proxy's rule " + does(rejects) + " what is sent to it";
    }
    if (line.number() == 0) {
      return "no rule accepts it, and the policy of chain " + chain(line) + " is DROP";
    }
    return "a rule of chain " + chain(line) + " " + does(rejects) + " it: " + line.text();
  }

  private static String does(boolean rejects) {
    return rejects ? "rejects" : "drops";
  }

  /** {@code filter/FORWARD} is FORWARD of table filter. */
  private static String chain(Citation line) {
    int slash = line.place().indexOf('/');
    return line.place().substring(slash + 1)
        + " of table "
        + line.place().substring(0, Math.max(slash, 0));
  }

  private String advice(Citation line, String comment) {
    if (comment.endsWith(" endpoints")) {
      return "see that the service's selector fits pods that are ready";
    }
    if (line.number() == 0 && line.place().endsWith("/FORWARD")) {
      return "set the policy to ACCEPT (iptables -P FORWARD ACCEPT), as kubelet does on EKS nodes";
    }
    return "remove the rule on " + at.node.name() + ", or let an earlier one accept this traffic";
  }
}
