package io.podhop.agent.predict;

import io.podhop.agent.nat.ConnectionState;
import io.podhop.agent.nat.NatQuery;
import io.podhop.agent.nat.PacketDetails;
import io.podhop.agent.route.RouteQuery;
import io.podhop.model.Citation;
import io.podhop.model.Direction;
import io.podhop.model.DnatChoice;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.LegQuery;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PredictedHop;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Protocol;
import io.podhop.model.Tracked;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** A packet on its way over one node: what it is by now, and where it has been. */
final class Passage {
  private static final int SYN = 2;
  private static final int SYN_ACK = 0x12;

  final NodeMap node;
  final LegQuery query;
  FlowKey packet;
  int fwmark;
  ConnectionState connection;

  private Optional<Tracked> known;
  private final boolean later;
  private final List<PredictedHop> hops = new ArrayList<>();
  private final Set<Citation> why = new LinkedHashSet<>();
  private final Set<String> notes = new LinkedHashSet<>();
  private List<DnatChoice> choices = List.of();
  private int mtu;
  private boolean confirmed;

  /**
   * @param later whether a request that conntrack knows is one behind the first; else it may be the
   *     first, with another endpoint chosen than the likeliest
   */
  Passage(NodeMap node, LegQuery query, boolean later) {
    this.later = later;
    this.node = node;
    this.query = query;
    this.packet = query.packet();
    this.known = query.tracked().filter(tracked -> isOf(tracked, query.packet()));
    this.connection = known.isPresent() ? state(query, known.get()) : untold(query);
    if (known.isEmpty() && query.tracked().isPresent()) {
      note("the packet is none of the connection that conntrack is said to hold");
    }
  }

  private static boolean isOf(Tracked tracked, FlowKey packet) {
    return packet.equals(tracked.before()) || packet.equals(tracked.after().reversed());
  }

  private static ConnectionState state(LegQuery query, Tracked tracked) {
    FlowKey before = tracked.before();
    FlowKey after = tracked.after();
    boolean reply = isReply(query, tracked);
    return new ConnectionState(
        reply ? ConnectionState.State.ESTABLISHED : ConnectionState.State.NEW,
        reply,
        false,
        tracked.mark(),
        !before.source().equals(after.source()) || before.sourcePort() != after.sourcePort(),
        !before.destination().equals(after.destination())
            || before.destinationPort() != after.destinationPort());
  }

  /** Where both tuples are the same, such as of a pod that talks to itself, the query decides. */
  private static boolean isReply(LegQuery query, Tracked tracked) {
    boolean asRequest = query.packet().equals(tracked.before());
    boolean asReply = query.packet().equals(tracked.after().reversed());
    return asReply && (!asRequest || query.direction() == Direction.REPLY);
  }

  /** An answer to what this node's conntrack has never seen belongs to nothing, except for UDP. */
  private static ConnectionState untold(LegQuery query) {
    boolean answer = query.direction() == Direction.REPLY;
    return answer && query.packet().protocol() != Protocol.UDP
        ? ConnectionState.INVALID
        : ConnectionState.FIRST;
  }

  RouteQuery routeQuery(String in) {
    return RouteQuery.of(packet, fwmark, in);
  }

  NatQuery natQuery(String in, String out) {
    return new NatQuery(packet, in, out, node.local(), fwmark, connection, details());
  }

  private PacketDetails details() {
    boolean answer = query.direction() == Direction.REPLY;
    int flags = packet.protocol() != Protocol.TCP ? PacketDetails.UNKNOWN : answer ? SYN_ACK : SYN;
    int type =
        switch (packet.protocol()) {
          case ICMP -> answer ? 0 : 8;
          case ICMPV6 -> answer ? 129 : 128;
          case TCP, UDP -> PacketDetails.UNKNOWN;
        };
    return new PacketDetails(
        flags,
        type,
        type < 0 ? PacketDetails.UNKNOWN : 0,
        PacketDetails.UNKNOWN,
        query.length() > 0 ? query.length() : PacketDetails.UNKNOWN,
        Optional.empty(),
        Optional.of("unicast"));
  }

  boolean isRequest() {
    return query.direction() == Direction.REQUEST;
  }

  /** The endpoint that a first packet is said to be sent to, where the rules choose at random. */
  Optional<FlowKey> endpoint() {
    boolean first = !later && !connection.first() && !connection.reply() && isRequest();
    return known
        .map(Tracked::after)
        .filter(after -> first && !after.destination().equals(packet.destination()));
  }

  /** The rules may indeed choose this endpoint: the packet begins the connection. */
  void begin() {
    known = Optional.empty();
    connection = ConnectionState.FIRST;
  }

  /** As conntrack turns the packet of a connection that it knows (nf_nat_packet): empty if none. */
  private Optional<FlowKey> goal() {
    return connection.tracked() && !connection.first()
        ? known.map(t -> connection.reply() ? t.before().reversed() : t.after())
        : Optional.empty();
  }

  /**
   * Before routing conntrack gives the destination; an echo's identifier comes with it in replies.
   */
  void restoreDestination() {
    goal()
        .ifPresent(
            goal -> {
              FlowKey before = packet;
              boolean icmp = packet.protocol().isIcmp();
              int id = connection.reply() ? goal.destinationPort() : packet.destinationPort();
              setDestination(goal.destination(), icmp ? id : goal.destinationPort());
              citeConntrack(before);
            });
  }

  /** Behind routing conntrack gives the source. */
  void restoreSource() {
    goal()
        .ifPresent(
            goal -> {
              FlowKey before = packet;
              setSource(goal.source(), goal.sourcePort());
              citeConntrack(before);
            });
  }

  private void citeConntrack(FlowKey before) {
    if (!packet.equals(before)) {
      String text = "of a connection that was translated: " + before + " becomes " + packet;
      why(List.of(new Citation(Citation.Source.CONNTRACK, "conntrack", 0, text)));
    }
  }

  void setDestination(IpAddress address, int port) {
    int from = packet.protocol().isIcmp() ? port : packet.sourcePort();
    packet = new FlowKey(packet.protocol(), packet.source(), from, address, port);
  }

  void setSource(IpAddress address, int port) {
    int to = packet.protocol().isIcmp() ? port : packet.destinationPort();
    packet = new FlowKey(packet.protocol(), address, port, packet.destination(), to);
  }

  void why(Collection<Citation> lines) {
    why.addAll(lines);
  }

  /** What has led it on from the last point. */
  List<Citation> why() {
    return List.copyOf(why);
  }

  void note(String sentence) {
    notes.add(sentence);
  }

  void choose(List<DnatChoice> among) {
    choices = among;
  }

  /** An MTU of 0 is none: text without links tells of interfaces, and not how much they carry. */
  void fitThrough(OptionalInt bytes) {
    if (bytes.orElse(0) > 0 && (mtu == 0 || bytes.getAsInt() < mtu)) {
      mtu = bytes.getAsInt();
    }
  }

  /** It is past the last hook: conntrack keeps what it has learnt. */
  void confirm() {
    confirmed = true;
  }

  /** It has passed the node's hooks once already, and comes in again by the loopback interface. */
  void comeBack() {
    connection =
        new ConnectionState(
            connection.state(),
            connection.reply(),
            false,
            connection.mark(),
            connection.sourceTranslated(),
            connection.destinationTranslated());
  }

  void comeTo(ObservationPoint point) {
    hops.add(new PredictedHop(point, packet, why()));
    why.clear();
  }

  /** The label of the last point; empty before the first. */
  String lastPoint() {
    return hops.isEmpty() ? "" : hops.getLast().point().label();
  }

  /**
   * @param next the label of the point that it does not come to
   */
  PredictedLeg.Fate dies(
      Verdict.Id verdict, String next, String cause, List<Citation> lines, String advice) {
    Verdict.Place place = new Verdict.Place(lastPoint(), next);
    return new PredictedLeg.Dies(verdict, place, cause, lines, advice);
  }

  PredictedLeg end(PredictedLeg.Fate fate) {
    return new PredictedLeg(
        node.name(),
        query.direction(),
        query.packet(),
        hops,
        fate,
        packet,
        tracked(),
        choices,
        mtu,
        List.copyOf(notes));
  }

  private Optional<Tracked> tracked() {
    if (!connection.tracked()) {
      return Optional.empty();
    }
    if (known.isPresent()) {
      return known.map(t -> new Tracked(t.before(), t.after(), connection.mark()));
    }
    return confirmed
        ? Optional.of(new Tracked(query.packet(), packet, connection.mark()))
        : Optional.empty();
  }

  /** What conntrack held before this packet came. */
  Optional<Tracked> known() {
    return known;
  }
}
