package io.podhop.cli.render;

import io.podhop.model.Citation;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import io.podhop.model.Translation;
import java.util.ArrayList;
import java.util.List;

/** Who rewrote which address, by which rule, and the conntrack entry that proves it. */
final class TranslationText {
  private final Names names;
  private final Style style;

  TranslationText(Names names, Style style) {
    this.names = names;
    this.style = style;
  }

  /** Lines of one translation; none for {@link Translation.None}. */
  List<String> lines(Translation translation) {
    return switch (translation) {
      case Translation.None _ -> List.of();
      case Translation.Snat snat -> snat(snat.before(), snat.after(), snat.evidence());
      case Translation.Dnat dnat -> dnat(dnat.before(), dnat.after(), dnat.evidence());
      case Translation.Both both -> {
        List<String> lines = new ArrayList<>(dnat(both.before(), both.after(), both.evidence()));
        lines.addAll(snat(both.before(), both.after(), List.of()));
        yield lines;
      }
      case Translation.Unknown unknown ->
          TextFit.hanging(
              "NAT   ",
              "unknown: " + style.text(unknown.reason()) + proof(unknown.evidence(), false),
              style.width());
    };
  }

  /** The same where conntrack takes a translation back, as it does on replies. */
  List<String> undone(Translation translation) {
    return lines(translation).stream()
        .map(line -> line.startsWith(" ") ? line : "undo" + line.substring("SNAT".length()))
        .toList();
  }

  /** One word for the verdict's line: what kinds of NAT there were. */
  static String summary(List<Translation> translations) {
    List<String> kinds = new ArrayList<>();
    for (Translation translation : translations) {
      switch (translation) {
        case Translation.None _ -> {}
        case Translation.Snat _ -> kinds.add("SNAT");
        case Translation.Dnat _ -> kinds.add("DNAT");
        case Translation.Both _ -> kinds.add("DNAT and SNAT");
        case Translation.Unknown _ -> kinds.add("NAT unknown");
      }
    }
    return kinds.isEmpty() ? "no NAT" : String.join(", ", kinds.stream().distinct().toList());
  }

  private List<String> snat(FlowKey before, FlowKey after, List<Citation> evidence) {
    Protocol protocol = before.protocol();
    String rewrite =
        end(protocol, before.source(), before.sourcePort())
            + " "
            + style.arrow()
            + " "
            + end(protocol, after.source(), after.sourcePort())
            + owner(after.source());
    return TextFit.hanging("SNAT  ", rewrite + proof(evidence, true), style.width());
  }

  private List<String> dnat(FlowKey before, FlowKey after, List<Citation> evidence) {
    Protocol protocol = before.protocol();
    String rewrite =
        end(protocol, before.destination(), before.destinationPort())
            + owner(before.destination())
            + " "
            + style.arrow()
            + " "
            + end(protocol, after.destination(), after.destinationPort())
            + owner(after.destination());
    return TextFit.hanging("DNAT  ", rewrite + proof(evidence, true), style.width());
  }

  private String owner(IpAddress address) {
    String label = names.of(address);
    return label.isEmpty() ? "" : " (" + style.text(label) + ")";
  }

  private static String end(Protocol protocol, IpAddress address, int port) {
    if (protocol.isIcmp()) {
      return address.toString();
    }
    return address.isIpv4() ? address + ":" + port : "[" + address + "]:" + port;
  }

  private String proof(List<Citation> evidence, boolean rewritten) {
    StringBuilder rules = new StringBuilder();
    StringBuilder proof = new StringBuilder();
    for (Citation citation : evidence) {
      if (citation.source() == Citation.Source.CONNTRACK) {
        proof
            .append("; proven by conntrack ")
            .append(style.text(citation.text().replaceAll(" +", " ")));
      } else if (style.wide() || WhyText.decides(citation)) {
        rules.append(rules.isEmpty() ? " by " : "; ").append(rule(citation));
      }
    }
    if (rewritten && proof.isEmpty() && !evidence.isEmpty()) {
      proof.append("; no conntrack entry proves it");
    }
    return rules.append(proof).toString();
  }

  private String rule(Citation citation) {
    return switch (citation.source()) {
      case IPTABLES, NFTABLES ->
          style.text(citation.place() + " #" + citation.number() + " " + citation.text());
      case POLICY_RULE, ROUTE, CONNTRACK, IPAMD, VPC, NOTE -> style.text(citation.toString());
    };
  }
}
