package io.podhop.agent.nat;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a node does with packets if {@link NatEvaluator} is right: a connection table, routing by
 * address and the evaluator's word at every hook. Counts every rule that the evaluator says
 * matches.
 */
final class NodeModel {
  private final KernelNode.Plan plan;
  private final NatSnapshot rules;
  private final Map<FlowKey, Connection> connections = new HashMap<>();
  private final Map<String, Long> counters = new HashMap<>();

  /** As conntrack keeps it. */
  static final class Connection {
    final FlowKey original;
    FlowKey reply;
    int mark;
    boolean seenReply;

    Connection(FlowKey original, FlowKey reply, int mark) {
      this.original = original;
      this.reply = reply;
      this.mark = mark;
    }

    ConnectionState state(boolean fromReplySide) {
      return ConnectionState.of(
          new ConntrackEntry(
              original,
              reply,
              mark,
              false,
              seenReply,
              0,
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              1),
          fromReplySide);
    }
  }

  /** A packet on its way. */
  private final class Passage {
    FlowKey packet;
    final String in;
    int fwmark;
    ConnectionState state;
    final Optional<Connection> known;
    final boolean reply;

    Passage(FlowKey packet, String in) {
      this.packet = packet;
      this.in = in;
      this.known = Optional.ofNullable(connections.get(packet));
      this.reply = known.map(c -> !c.original.equals(packet)).orElse(false);
      this.state = known.map(c -> c.state(reply)).orElse(ConnectionState.FIRST);
    }

    NatQuery query(boolean withIn, String out, int ttl) {
      boolean tcp = packet.protocol() == Protocol.TCP;
      int length = (plan.ipv4() ? 20 : 40) + (tcp ? 40 : 16);
      return new NatQuery(
          packet,
          withIn ? in : "",
          out,
          plan.local(),
          fwmark,
          state,
          new PacketDetails(tcp ? 2 : -1, -1, -1, ttl, length, mac(), Optional.of("unicast")));
    }

    private Optional<String> mac() {
      return in.isEmpty()
          ? Optional.empty()
          : Optional.of(in.equals("eni1") ? KernelNode.POD_MAC : KernelNode.WORLD_MAC);
    }

    /** Whether the packet goes on. */
    boolean passes(NatPrediction prediction) {
      assertThat(prediction.outcome())
          .as("%s", packet)
          .isNotInstanceOf(NatPrediction.CannotTell.class);
      for (NatPrediction.Step step : prediction.steps()) {
        counters.merge(key(step.rule()), 1L, Long::sum);
      }
      fwmark = prediction.fwmark();
      state = prediction.connection();
      boolean tracked = state.tracked() && !refusedEarly(prediction);
      known
          .filter(_ -> tracked)
          .ifPresent(
              connection -> {
                connection.mark = state.mark();
                connection.seenReply |= reply;
              });
      return !(prediction.outcome() instanceof NatPrediction.Refused);
    }

    private boolean refusedEarly(NatPrediction prediction) {
      return prediction.outcome() instanceof NatPrediction.Refused refused
          && refused.rule().place().startsWith("raw/");
    }
  }

  NodeModel(KernelNode.Plan plan, NatSnapshot rules) {
    this.plan = plan;
    this.rules = rules;
  }

  static String key(Rule rule) {
    return rule.place().table()
        + "/"
        + rule.place().chain()
        + "#"
        + rule.number()
        + " "
        + rule.text();
  }

  Map<String, Long> counters() {
    return counters;
  }

  /** Whether a packet belongs to a connection, in either direction. */
  boolean knows(FlowKey packet) {
    return connections.containsKey(packet);
  }

  /** Original to reply tuple and mark, as text. */
  Map<FlowKey, String> connections() {
    Map<FlowKey, String> all = new LinkedHashMap<>();
    connections
        .values()
        .forEach(c -> all.put(c.original, c.reply + " mark " + Integer.toHexString(c.mark)));
    return all;
  }

  /**
   * @param in empty for a packet of the node's own
   * @return as the receiver gets it; empty when it is refused
   */
  Optional<FlowKey> send(FlowKey packet, String in) {
    Passage way = new Passage(packet, in);
    boolean own = in.isEmpty();
    String firstOut = own ? out(packet) : "";
    NatPrediction before = NatEvaluator.prerouting(rules, way.query(true, firstOut, 64));
    if (!way.passes(before)) {
      return Optional.empty();
    }
    FlowKey arrived = way.packet;
    way.packet = destination(way, before.outcome());
    String out = out(way.packet);
    if (out.isEmpty() && !own) {
      return received(way, arrived);
    }
    NatPrediction inside =
        own
            ? NatEvaluator.output(rules, way.query(true, firstOut, 64))
            : NatEvaluator.forwarding(rules, way.query(true, out, 63));
    if (!way.passes(inside)) {
      return Optional.empty();
    }
    NatPrediction after = NatEvaluator.postrouting(rules, way.query(false, out, own ? 64 : 63));
    if (!way.passes(after)) {
      return Optional.empty();
    }
    way.packet = source(way, after.outcome(), out);
    confirm(way, arrived);
    return Optional.of(way.packet);
  }

  private Optional<FlowKey> received(Passage way, FlowKey arrived) {
    if (!way.passes(NatEvaluator.input(rules, way.query(true, "", 64)))) {
      return Optional.empty();
    }
    way.packet = source(way, new NatPrediction.NoNat(), "");
    confirm(way, arrived);
    return Optional.of(way.packet);
  }

  private String out(FlowKey packet) {
    return plan.towards(packet.destination().toString());
  }

  private FlowKey destination(Passage way, NatPrediction.Outcome outcome) {
    FlowKey p = way.packet;
    if (outcome instanceof NatPrediction.Dnat dnat) {
      NatPrediction.Candidate to = dnat.candidates().getFirst();
      assertThat(dnat.candidates()).hasSize(1);
      return new FlowKey(p.protocol(), p.source(), p.sourcePort(), to.address(), to.port());
    }
    if (way.known.isEmpty() || !way.state.tracked()) {
      return p;
    }
    FlowKey other = way.reply ? way.known.get().original : way.known.get().reply;
    return new FlowKey(
        p.protocol(), p.source(), p.sourcePort(), other.source(), other.sourcePort());
  }

  private FlowKey source(Passage way, NatPrediction.Outcome outcome, String out) {
    FlowKey p = way.packet;
    IpAddress address =
        switch (outcome) {
          case NatPrediction.Snat snat -> snat.to();
          case NatPrediction.Masquerade _ -> IpAddress.parse(plan.node(out.equals("eni1") ? 2 : 0));
          default -> p.source();
        };
    if (way.known.isPresent() && way.state.tracked()) {
      FlowKey other = way.reply ? way.known.get().original : way.known.get().reply;
      return new FlowKey(
          p.protocol(),
          other.destination(),
          other.destinationPort(),
          p.destination(),
          p.destinationPort());
    }
    return new FlowKey(p.protocol(), address, p.sourcePort(), p.destination(), p.destinationPort());
  }

  private void confirm(Passage way, FlowKey arrived) {
    if (way.known.isEmpty() && way.state.tracked()) {
      Connection fresh = new Connection(arrived, way.packet.reversed(), way.state.mark());
      connections.put(fresh.original, fresh);
      connections.put(fresh.reply, fresh);
    }
  }
}
