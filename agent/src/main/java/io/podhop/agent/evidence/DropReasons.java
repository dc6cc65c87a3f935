package io.podhop.agent.evidence;

import static io.podhop.agent.evidence.Groups.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The reasons of skb/kfree_skb as the running kernel numbers them: parsed from the event's format,
 * for the numbers move between kernels.
 */
final class DropReasons {
  /** Said of packets that reached their end as they should, or without saying anything. */
  private static final Set<String> NOISE =
      Set.of(
          "NOT_SPECIFIED",
          "TCP_OLD_ACK",
          "TCP_TOO_OLD_ACK",
          "TCP_OFOMERGE",
          "TCP_ABORT_ON_DATA",
          "QUEUE_PURGE",
          "UNIX_DISCONNECT",
          "UNIX_SKIP_OOB",
          "PACKET_SOCK_ERROR");

  private static final Pattern REASON = Pattern.compile("\\{ *(\\d{1,9}), *\"(\\w+)\" *}");

  private DropReasons() {}

  /** Whether the kernel tells reasons at all (since 5.17). */
  static boolean told(String format) {
    return format.contains("reason;");
  }

  /** A filter for the event that keeps the noise out; {@code 0} (no filter) when none is known. */
  static String filter(String format) {
    List<String> conditions = new ArrayList<>();
    Matcher m = REASON.matcher(format);
    while (m.find()) {
      if (NOISE.contains(text(m, 2))) {
        conditions.add("reason != " + text(m, 1));
      }
    }
    return conditions.isEmpty() ? "0" : String.join(" && ", conditions);
  }

  static boolean isNoise(String reason) {
    return NOISE.contains(reason);
  }
}
