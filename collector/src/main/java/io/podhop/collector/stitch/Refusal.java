package io.podhop.collector.stitch;

import io.podhop.model.Direction;
import io.podhop.model.Hop;
import io.podhop.model.Owner;
import io.podhop.model.PacketKind;
import io.podhop.model.PointCoverage;
import io.podhop.model.Role;
import io.podhop.model.Verdict;
import io.podhop.model.Verdict.Grade;
import io.podhop.model.Verdict.Place;
import java.util.List;
import java.util.Optional;

/** Somebody said no: the first point on the way back that saw the refusal tells who. */
final class Refusal {
  private Refusal() {}

  static Verdict judge(Findings findings) {
    Optional<Passage> back = findings.exchange().refusal();
    return back.isPresent()
        ? ruled(findings, observed(findings, back.get()), back.get())
        : toldByProbe(findings);
  }

  private static Verdict observed(Findings findings, Passage back) {
    Passage.Step origin = back.firstSeen().orElseThrow();
    Passage request = findings.exchange().request();
    return new Verdict(
        Verdict.Id.REFUSED,
        List.of(),
        new Place(
            request.lastSeen().map(Passage.Step::label).orElse(""),
            request.firstSilent().map(Passage.Step::label).orElse("")),
        Direction.REPLY,
        back.kind().label() + " from " + sender(findings, back, origin) + meaning(findings, back),
        Evidence.of(findings, back),
        Grade.PROVEN,
        "the " + back.kind().label() + " was seen at " + origin.label(),
        "");
  }

  /** A refusal by a node is explained by the rule of it that refuses. */
  private static Verdict ruled(Findings findings, Verdict refused, Passage back) {
    Hop.Observed origin = back.firstSeen().flatMap(Passage.Step::seen).orElseThrow();
    boolean byPod = origin.point().role() == Role.POD_ETH0 && back.seenAt(Stage.DESTINATION_POD);
    return byPod
        ? refused
        : new Forecast(findings)
            .refusalBy(origin.point().node())
            .or(() -> dropped(findings, origin.point().node()))
            .map(
                cause ->
                    new Cause(
                        Verdict.Id.REFUSED,
                        refused.cause() + ": " + cause.sentence(),
                        cause.lines(),
                        cause.advice(),
                        cause.proof()))
            .or(() -> noEndpoint(findings, refused))
            .map(cause -> cause.explain(refused))
            .orElse(refused);
  }

  /** A kernel that tells the sender of a drop has told of the drop itself too. */
  private static Optional<Cause> dropped(Findings findings, String node) {
    return findings
        .exchange()
        .request()
        .lastSeen()
        .map(_ -> Gap.of(findings.exchange().request()))
        .filter(gap -> gap.node().equals(node))
        .flatMap(gap -> Causes.dropped(findings, gap));
  }

  /** kube-proxy rejects on the client's node what a service without endpoints is asked for. */
  private static Optional<Cause> noEndpoint(Findings findings, Verdict refused) {
    return findings.context().destination().owner() instanceof Owner.Service service
            && findings.context().targets().isEmpty()
        ? Optional.of(
            new Cause(
                Verdict.Id.REFUSED,
                "%s: service %s/%s has no endpoint"
                    .formatted(refused.cause(), service.namespace(), service.name()),
                List.of(),
                Advice.ENDPOINTS,
                Cause.Proof.BY_RULE))
        : Optional.empty();
  }

  private static String sender(Findings findings, Passage back, Passage.Step origin) {
    Ends ends = findings.ends();
    String node = origin.seen().map(Hop.Observed::point).orElseThrow().node();
    boolean podSilent = back.at(Stage.DESTINATION_POD).map(Refusal::isSilent).orElse(true);
    return switch (origin.stage()) {
      case DESTINATION_POD -> "pod " + ends.target().pod();
      case DESTINATION_VETH, DESTINATION_ENI ->
          podSilent ? node : node + " or pod " + ends.target().pod();
      case SOURCE_ENI -> fromBeyond(findings, origin);
      case SOURCE_VETH -> node;
      case SOURCE_POD -> ends.source().hasPod() ? "the pod itself or " + node : node;
    };
  }

  private static String fromBeyond(Findings findings, Passage.Step origin) {
    String peer = findings.context().destination().owner().label();
    return findings.path().endsAtTarget()
        ? "the path between the nodes"
        : (peer.equals("external") ? findings.wire().destination().toString() : peer)
            + " or the path to it, beyond "
            + origin.label();
  }

  private static boolean isSilent(Passage.Step step) {
    return step.isWatched()
        && step.watched().stream().map(PointCoverage::coverage).allMatch(c -> c.complete());
  }

  private static String meaning(Findings findings, Passage back) {
    boolean fromPod = back.seenAt(Stage.DESTINATION_POD);
    return fromPod && back.kind() == PacketKind.RST
        ? ": nothing listens on "
            + findings.wire().protocol()
            + "/"
            + findings.wire().destinationPort()
        : "";
  }

  private static Verdict toldByProbe(Findings findings) {
    Passage request = findings.exchange().request();
    return new Verdict(
        Verdict.Id.REFUSED,
        List.of(),
        new Place(request.lastSeen().map(Passage.Step::label).orElse(""), ""),
        Direction.REPLY,
        "the probe was refused, but no point saw by whom",
        Evidence.of(findings, request),
        Grade.UNPROVEN,
        "only the probe's own socket tells",
        "");
  }
}
