package io.podhop.agent.evidence;

import static io.podhop.agent.evidence.Groups.text;

import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A verdict in the network policy agent's log. Two forms: keys of a JSON object ({@code "Src
 * IP":"10.0.0.1","Src Port":1}, 1.0 and 1.1) and one message ({@code Flow Info: Src IP: 10.0.0.1
 * Src Port: 1 …}, later).
 */
final class PolicyLine {
  private static final int MAX_KEPT = 512;

  private static final Pattern TIME = Pattern.compile("\"ts\" ?: ?\"([^\"]{10,40})\"");
  private static final Pattern OFFSET = Pattern.compile("([+-]\\d\\d)(\\d\\d)$");

  // Between a name and its value: a colon or nothing, and quotes where it is JSON.
  private static final String TO = "\"? ?:? ?\"?";
  private static final String NEXT = "\"? ?,? ?\"?";
  private static final Pattern FLOW =
      Pattern.compile(
          "Src IP"
              + TO
              + "([0-9a-fA-F.:]{2,45})"
              + NEXT
              + "Src Port"
              + TO
              + "(\\d{1,5})"
              + NEXT
              + "Dest IP"
              + TO
              + "([0-9a-fA-F.:]{2,45})"
              + NEXT
              + "Dest Port"
              + TO
              + "(\\d{1,5})"
              + NEXT
              + "Proto"
              + TO
              + "(\\w{1,10})"
              + NEXT
              + "Verdict"
              + TO
              + "(\\w{1,16})");

  private PolicyLine() {}

  /** A denial; empty for other lines, those that are cut, and protocols that podhop knows not. */
  static Optional<PolicyVerdict> denied(String line) {
    Matcher m = FLOW.matcher(line);
    if (!m.find() || !"DENY".equalsIgnoreCase(text(m, 6))) {
      return Optional.empty();
    }
    Optional<Instant> at = time(line);
    Optional<IpAddress> source = IpAddress.tryParse(text(m, 1));
    Optional<IpAddress> destination = IpAddress.tryParse(text(m, 3));
    Optional<Protocol> protocol = protocol(text(m, 5));
    int sourcePort = Integer.parseInt(text(m, 2));
    int port = Integer.parseInt(text(m, 4));
    if (at.isEmpty()
        || source.isEmpty()
        || destination.isEmpty()
        || protocol.isEmpty()
        || Math.max(sourcePort, port) > 0xffff) {
      return Optional.empty();
    }
    FlowKey tuple = new FlowKey(protocol.get(), source.get(), sourcePort, destination.get(), port);
    String kept = line.length() <= MAX_KEPT ? line : line.substring(0, MAX_KEPT);
    return Optional.of(new PolicyVerdict(at.get(), tuple, kept));
  }

  private static Optional<Protocol> protocol(String name) {
    for (Protocol protocol : Protocol.values()) {
      if (protocol.toString().equals(name.toLowerCase(Locale.ROOT))) {
        return Optional.of(protocol);
      }
    }
    return Optional.empty();
  }

  /** Go's zap prints {@code Z} or an offset, with or without its colon. */
  private static Optional<Instant> time(String line) {
    Matcher m = TIME.matcher(line);
    if (!m.find()) {
      return Optional.empty();
    }
    try {
      String iso = OFFSET.matcher(text(m, 1)).replaceFirst("$1:$2");
      return Optional.of(
          OffsetDateTime.parse(iso, DateTimeFormatter.ISO_OFFSET_DATE_TIME).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
