package io.podhop.agent.nat;

import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What stands behind {@code -j}. */
final class TargetParser {
  private static final Set<String> PASSING =
      Set.of(
          "LOG",
          "NFLOG",
          "ULOG",
          "TRACE",
          "AUDIT",
          "TEE",
          "CLASSIFY",
          "DSCP",
          "TOS",
          "TTL",
          "TCPMSS",
          "CHECKSUM",
          "ECN",
          "HL",
          "IDLETIMER",
          "LED",
          "TCPOPTSTRIP",
          "SET",
          "RATEEST",
          "CONNSECMARK",
          "SECMARK");
  private static final Set<String> ENDING =
      Set.of("QUEUE", "NFQUEUE", "TPROXY", "NETMAP", "SYNPROXY", "CLUSTERIP", "SAME", "HMARK");
  private static final Pattern ENDPOINT =
      Pattern.compile("(?:\\[(?<six>[^]]+)]|(?<four>[0-9.]+))(?::(?<port>\\d{1,5}))?");
  private static final Pattern PORTS = Pattern.compile("(?<=[0-9\\]]):\\d{1,5}-\\d{1,5}$");

  private TargetParser() {}

  static Target parse(String name, String options, RuleTokens tokens, int first) {
    return switch (name) {
      case "ACCEPT" -> new Target.Accept();
      case "DROP" -> new Target.Drop();
      case "RETURN" -> new Target.Return();
      case "REJECT" -> new Target.Reject(options);
      case "MASQUERADE" -> new Target.Masquerade(options);
      case "REDIRECT" -> redirect(options, tokens, first);
      case "NETMAP" ->
          Cidr.tryParse(option(tokens, first, "--to"))
              .<Target>map(Target.NetMap::new)
              .orElse(new Target.Other(name + " " + options, false));
      case "NOTRACK" -> new Target.NoTrack();
      case "CT" -> tracking(options, tokens, first);
      case "SNAT" -> snat(options, tokens, first);
      case "DNAT" -> dnat(options, tokens, first);
      case "MARK" -> mark(options, tokens, first);
      case "CONNMARK" -> connectionMark(options, tokens, first);
      default -> other(name, options);
    };
  }

  private static Target other(String name, String options) {
    String text = (name + " " + options).strip();
    if (PASSING.contains(name) || ENDING.contains(name)) {
      return new Target.Other(text, PASSING.contains(name));
    }
    return new Target.Jump(name, true);
  }

  private static Target redirect(String options, RuleTokens tokens, int first) {
    String ports = option(tokens, first, "--to-ports");
    if (ports.isEmpty()) {
      return new Target.Redirect(0, options);
    }
    return new Target.Redirect(
        ports.matches("\\d{1,5}") ? (int) RuleParser.number(ports) : -1, options);
  }

  /** Another zone or helper of the connection does not change what this packet meets. */
  private static Target tracking(String options, RuleTokens tokens, int first) {
    return has(tokens, first, "--notrack")
        ? new Target.NoTrack()
        : new Target.Other("CT " + options, !has(tokens, first, "--zone"));
  }

  private static boolean has(RuleTokens tokens, int first, String word) {
    for (int i = first; i < tokens.size(); i++) {
      if (tokens.get(i).equals(word)) {
        return true;
      }
    }
    return false;
  }

  private static Target snat(String options, RuleTokens tokens, int first) {
    String to = option(tokens, first, "--to-source");
    Optional<IpAddress> plain = to.indexOf('[') < 0 ? IpAddress.tryParse(to) : Optional.empty();
    Matcher m = ENDPOINT.matcher(PORTS.matcher(to).replaceFirst(""));
    return new Target.Snat(
        plain.isPresent() ? plain : m.matches() ? address(m) : Optional.empty(), options);
  }

  private static Target dnat(String options, RuleTokens tokens, int first) {
    String to = option(tokens, first, "--to-destination");
    Optional<IpAddress> plain = to.indexOf('[') < 0 ? IpAddress.tryParse(to) : Optional.empty();
    if (plain.isPresent()) {
      return new Target.Dnat(plain, 0, options);
    }
    Matcher m = ENDPOINT.matcher(to);
    if (!m.matches()) {
      return new Target.Dnat(Optional.empty(), 0, options);
    }
    long port = RuleParser.number(String.valueOf(m.group("port")));
    return port > 65535
        ? new Target.Dnat(Optional.empty(), 0, options)
        : new Target.Dnat(address(m), (int) port, options);
  }

  private static Optional<IpAddress> address(Matcher m) {
    String four = m.group("four");
    return IpAddress.tryParse(four == null ? String.valueOf(m.group("six")) : four);
  }

  private static Target mark(String options, RuleTokens tokens, int first) {
    for (MarkOption form : MarkOption.values()) {
      Optional<int[]> mark = Masks.mark(option(tokens, first, form.option), -1);
      if (mark.isPresent()) {
        int[] set = form.toXmark(mark.get());
        return new Target.SetMark(set[0], set[1]);
      }
    }
    return new Target.Other("MARK " + options, false);
  }

  private static Target connectionMark(String options, RuleTokens tokens, int first) {
    for (MarkOption form : MarkOption.values()) {
      Optional<int[]> mark = Masks.mark(option(tokens, first, form.option), -1);
      if (mark.isPresent()) {
        int[] set = form.toXmark(mark.get());
        return new Target.SetConnectionMark(set[0], set[1]);
      }
    }
    if (options.contains("-shift-mark")) {
      return new Target.Other("CONNMARK " + options, false);
    }
    int both = single(tokens, first, "--mask", -1);
    int packet = single(tokens, first, "--nfmask", both);
    int connection = single(tokens, first, "--ctmask", both);
    for (int i = first; i < tokens.size(); i++) {
      if (tokens.get(i).equals("--restore-mark")) {
        return new Target.RestoreMark(packet, connection);
      }
      if (tokens.get(i).equals("--save-mark")) {
        return new Target.SaveMark(packet, connection);
      }
    }
    return new Target.Other("CONNMARK " + options, false);
  }

  private static int single(RuleTokens tokens, int first, String name, int absent) {
    return Masks.mark(option(tokens, first, name), -1).map(mark -> mark[0]).orElse(absent);
  }

  private static String option(RuleTokens tokens, int first, String name) {
    for (int i = first; i < tokens.size(); i++) {
      if (tokens.get(i).equals(name)) {
        return tokens.get(i + 1);
      }
    }
    return "";
  }

  /** The five ways to say value and mask; all come down to the first. */
  private enum MarkOption {
    XMARK("--set-xmark"),
    SET("--set-mark"),
    OR("--or-mark"),
    AND("--and-mark"),
    XOR("--xor-mark");

    private final String option;

    MarkOption(String option) {
      this.option = option;
    }

    int[] toXmark(int[] mark) {
      return switch (this) {
        case XMARK -> mark;
        case SET -> new int[] {mark[0], mark[1] | mark[0]};
        case OR -> new int[] {mark[0], mark[0]};
        case AND -> new int[] {0, ~mark[0]};
        case XOR -> new int[] {mark[0], 0};
      };
    }
  }
}
