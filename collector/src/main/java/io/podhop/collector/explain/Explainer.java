package io.podhop.collector.explain;

import io.podhop.collector.registry.Ends;
import io.podhop.collector.registry.Holder;
import io.podhop.collector.registry.Names;
import io.podhop.collector.registry.Resolution;
import io.podhop.model.Direction;
import io.podhop.model.DnatChoice;
import io.podhop.model.Explanation;
import io.podhop.model.FlowKey;
import io.podhop.model.LegQuery;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The way of a connection over all nodes, there and back, put together from what each node makes of
 * the packets that enter it. Nothing is sent. Thread-safe.
 */
public final class Explainer {
  /** Endpoints that are followed beside the assumed one. */
  static final int MAX_OTHERS = 8;

  private final Names names;
  private final NodeQuestions questions;

  public Explainer(Names names, NodeQuestions questions) {
    this.names = names;
    this.questions = questions;
  }

  /** Explains what is typed; refuses names that mean nothing or too much. */
  public Resolution<Explanation> explain(PathQuestion question) throws InterruptedException {
    Optional<String> complaint = question.complaint();
    if (complaint.isPresent()) {
      return Resolution.usage(complaint.get());
    }
    return switch (names.ends(
        question.source(),
        question.destination(),
        question.namespace(),
        question.port(),
        question.protocol())) {
      case Resolution.Found<Ends>(Ends ends) ->
          new Resolution.Found<>(
              predict(Connection.between(ends, question.sourcePort(), question.length()))
                  .assumed());
      case Resolution.Refused<Ends> refused ->
          new Resolution.Refused<>(refused.observable(), refused.sentence());
    };
  }

  /** The ways that a connection between two ends may take, by what the nodes hold now. */
  public Prediction predict(Ends ends) throws InterruptedException {
    return predict(Connection.between(ends, 0, 0));
  }

  private Prediction predict(Connection connection) throws InterruptedException {
    Legs nodes = new Legs(questions);
    Course assumed = follow(connection, nodes, Optional.empty());
    List<DnatChoice> choices =
        assumed.request().legs().stream()
            .map(PredictedLeg::choices)
            .filter(several -> several.size() > 1)
            .findFirst()
            .orElse(List.of());
    List<Prediction.To> others = new ArrayList<>();
    for (DnatChoice choice : choices.stream().skip(1).limit(MAX_OTHERS).toList()) {
      Course course = follow(connection, nodes, Optional.of(choice));
      others.add(new Prediction.To(choice, explanation(connection, course, List.of())));
    }
    List<String> notes = new ArrayList<>(connection.ends().destination().warnings());
    notes.addAll(Backends.notes(choices, assumed.verdict(), others));
    return new Prediction(explanation(connection, assumed, notes), others);
  }

  private Course follow(Connection connection, Legs nodes, Optional<DnatChoice> wanted)
      throws InterruptedException {
    Conntracks conntracks = new Conntracks();
    Way request =
        new Walk(names, nodes, conntracks, Direction.REQUEST, connection.length(), wanted)
            .from(connection.first());
    Verdict there = Outcome.ofRequest(request);
    if (there.id() != Verdict.Id.DELIVERED) {
      return new Course(request, Optional.empty(), there, List.of());
    }
    Turn turn = turn(request);
    if (turn.reply().isEmpty()) {
      Verdict open = Outcome.unclear(request, Direction.REPLY, turn.sentence(), List.of());
      return new Course(request, Optional.empty(), open, List.of());
    }
    Way reply =
        new Walk(names, nodes, conntracks, Direction.REPLY, connection.length(), Optional.empty())
            .from(turn.reply().get());
    Verdict verdict = Outcome.ofReply(reply, request.legs().getFirst());
    return new Course(
        request,
        Optional.of(reply),
        verdict,
        turn.sentence().isEmpty() ? List.of() : List.of(turn.sentence()));
  }

  /**
   * Where the reply begins.
   *
   * @param sentence what is assumed of it, or why it is not known; empty when it is known
   */
  private record Turn(Optional<Walk.Step> reply, String sentence) {}

  private Turn turn(Way request) {
    PredictedLeg last = request.last();
    FlowKey reply = last.leaving().reversed();
    if (request.end() instanceof Way.Arrived(String at)) {
      return new Turn(Optional.of(new Walk.Step(last.node(), Connection.entry(at), reply)), "");
    }
    List<Holder> holders = names.holders(reply.destination());
    if (holders.size() != 1 || holders.getFirst().eniInterface().isEmpty()) {
      return new Turn(
          Optional.empty(),
          "no known ENI has %s, so where a reply would come in is not known"
              .formatted(reply.destination()));
    }
    Holder holder = holders.getFirst();
    return new Turn(
        Optional.of(
            new Walk.Step(holder.node(), new LegQuery.FromEni(holder.eniInterface()), reply)),
        "no node knows what becomes of it beyond %s; a reply is assumed to come in by %s %s, which has %s"
            .formatted(
                request.lastPoint(), holder.node(), holder.eniInterface(), reply.destination()));
  }

  private static Explanation explanation(Connection connection, Course course, List<String> notes) {
    List<String> all = new ArrayList<>(notes);
    all.addAll(course.notes());
    course.legs().forEach(leg -> leg.notes().forEach(note -> all.add(leg.node() + ": " + note)));
    tooLong(course.legs(), connection.length()).ifPresent(all::add);
    return new Explanation(
        connection.ends().source().endpoint(),
        connection.ends().destination().endpoint(),
        connection.ends().protocol(),
        course.legs(),
        course.verdict(),
        all.stream().distinct().toList());
  }

  private static Optional<String> tooLong(List<PredictedLeg> legs, int length) {
    return legs.stream()
        .filter(leg -> leg.mtu() > 0 && leg.mtu() < length)
        .min(Comparator.comparingInt(PredictedLeg::mtu))
        .map(
            leg ->
                "%s takes packets of %d bytes only: those of %d are cut up, or where DF forbids it,"
                        .formatted(leg.node(), leg.mtu(), length)
                    + " vanish unless the ICMP error comes back to who sent them");
  }
}
