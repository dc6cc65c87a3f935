package io.podhop.collector.stitch;

import io.podhop.collector.stitch.Cause.Proof;
import io.podhop.model.Citation;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Owner;
import io.podhop.model.Translation;
import io.podhop.model.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A service's connection that conntrack still sends to an address that is no endpoint any more. */
final class Stale {
  private Stale() {}

  /** Empty when what was asked for is no service, or was sent to one of its endpoints. */
  static Optional<Cause> of(Findings findings) {
    if (!(findings.context().destination().owner() instanceof Owner.Service service)
        || findings.context().targets().isEmpty()) {
      return Optional.empty();
    }
    return elsewhere(findings).filter(t -> !isRuled(t)).findFirst().map(t -> cause(service, t));
  }

  /** An endpoint by the rules that stand now, which was not one when the captures began. */
  static Optional<IpAddress> unsought(Findings findings) {
    return findings.context().destination().owner() instanceof Owner.Service
        ? elsewhere(findings)
            .filter(Stale::isRuled)
            .flatMap(t -> after(t).stream())
            .map(FlowKey::destination)
            .findFirst()
        : Optional.empty();
  }

  /** Translations to addresses that are not among those that were looked for. */
  private static Stream<Translation> elsewhere(Findings findings) {
    List<IpAddress> endpoints =
        findings.context().targets().stream().map(t -> t.address()).toList();
    return findings.translations().stream()
        .filter(t -> after(t).filter(key -> !endpoints.contains(key.destination())).isPresent());
  }

  /**
   * Whether a rule that stands now sends connections there: then the endpoint is one, and what is
   * known of the service is older than the rules.
   */
  private static boolean isRuled(Translation translation) {
    String address = after(translation).orElseThrow().destination().toString();
    return translation.evidence().stream()
        .filter(citation -> citation.source() != Citation.Source.CONNTRACK)
        .map(Citation::text)
        .anyMatch(
            text ->
                text.contains("--to-destination " + address + ":")
                    || text.contains("dnat to " + address + ":"));
  }

  private static Cause cause(Owner.Service service, Translation translation) {
    IpAddress gone = after(translation).orElseThrow().destination();
    return new Cause(
        Verdict.Id.RECYCLED_ADDRESS,
        "conntrack still sends it to %s, which is no endpoint of service %s/%s any more"
            .formatted(gone, service.namespace(), service.name()),
        translation.evidence().stream()
            .filter(citation -> citation.source() == Citation.Source.CONNTRACK)
            .map(Citation::toString)
            .toList(),
        Advice.STALE_ENTRY,
        Proof.ON_RECORD);
  }

  private static Optional<FlowKey> after(Translation translation) {
    return switch (translation) {
      case Translation.Dnat dnat -> Optional.of(dnat.after());
      case Translation.Both both -> Optional.of(both.after());
      case Translation.None _, Translation.Snat _, Translation.Unknown _ -> Optional.empty();
    };
  }
}
