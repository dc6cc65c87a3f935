package io.podhop.cli.render;

import io.podhop.model.Citation;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Why a packet goes where it goes, in few words: the rule and table that route it, the rule that
 * rewrote it or spared it. The wide table cites every line in full.
 */
final class WhyText {
  private static final Pattern LOOKUP = Pattern.compile("(.*) lookup (\\S+)");
  private static final Pattern DEVICE = Pattern.compile(".*\\bdev (\\S+).*");
  private static final Pattern REWRITE =
      Pattern.compile(".*-j (SNAT|DNAT) --to-(?:source|destination) (\\S+).*");
  private static final Pattern SPARED = Pattern.compile("(.*?) ?-j RETURN.*");
  private static final Pattern MARKED =
      Pattern.compile(".*-j (?:CONN)?MARK --(?:set|or)-x?mark (0x\\p{XDigit}+).*");
  private static final Pattern RESTORED = Pattern.compile(".*-j CONNMARK --restore-mark.*");
  private static final Pattern ACCEPTED = Pattern.compile("(.*?) ?-j ACCEPT.*");
  private static final Pattern JUMP = Pattern.compile(".*-[jg] KUBE-\\S+.*");

  private final Style style;

  WhyText(Style style) {
    this.style = style;
  }

  /** The citations of one hop as one line of text, unescaped parts made safe. */
  String of(List<Citation> citations) {
    if (style.wide()) {
      return String.join(
          "; ", citations.stream().map(citation -> style.text(citation.toString())).toList());
    }
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < citations.size(); i++) {
      Citation citation = citations.get(i);
      boolean routed =
          citation.source() == Citation.Source.POLICY_RULE
              && i + 1 < citations.size()
              && citations.get(i + 1).source() == Citation.Source.ROUTE;
      if (routed) {
        parts.add(style.text(rule(citation) + device(citations.get(i + 1))));
        i++;
      } else if (decides(citation)) {
        parts.add(style.text(brief(citation)));
      }
    }
    return String.join("; ", parts);
  }

  /** Whether the rule rewrote or spared a packet, rather than led to the one that did. */
  static boolean decides(Citation citation) {
    return !isRuleSet(citation) || !JUMP.matcher(citation.text()).matches();
  }

  private String rule(Citation citation) {
    Matcher lookup = LOOKUP.matcher(citation.text());
    return "rule "
        + citation.number()
        + " "
        + (lookup.matches()
            ? lookup.group(1) + " " + style.arrow() + " table " + lookup.group(2)
            : citation.text());
  }

  private static String device(Citation route) {
    Matcher device = DEVICE.matcher(route.text());
    return device.matches() ? " dev " + device.group(1) : " " + route.text();
  }

  private static String brief(Citation citation) {
    if (citation.source() == Citation.Source.CONNTRACK) {
      return "conntrack: translated as its connection is";
    }
    if (!isRuleSet(citation)) {
      return citation.toString();
    }
    String chain = citation.place().substring(citation.place().indexOf('/') + 1);
    String rule = chain + " #" + citation.number();
    Matcher rewrite = REWRITE.matcher(citation.text());
    if (rewrite.matches()) {
      return rewrite.group(1) + " to " + rewrite.group(2) + ": " + rule;
    }
    Matcher marked = MARKED.matcher(citation.text());
    if (marked.matches()) {
      return "mark " + marked.group(1) + ": " + rule;
    }
    if (RESTORED.matcher(citation.text()).matches()) {
      return "mark of the connection: " + rule;
    }
    Matcher accepted = ACCEPTED.matcher(citation.text());
    if (accepted.matches()) {
      return ("accepted: " + rule + " " + accepted.group(1)).strip();
    }
    Matcher spared = SPARED.matcher(citation.text());
    return spared.matches()
        ? spared(chain) + ": " + rule + " " + spared.group(1)
        : citation.toString();
  }

  /** What a packet that returns from the chain is spared. */
  private static String spared(String chain) {
    return chain.contains("CONNMARK") ? "no mark" : "no SNAT";
  }

  private static boolean isRuleSet(Citation citation) {
    return citation.source() == Citation.Source.IPTABLES
        || citation.source() == Citation.Source.NFTABLES;
  }
}
