package io.podhop.agent.ipam;

import static io.podhop.agent.ipam.MessageParser.text;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One record of a VPC CNI log, whichever generation wrote it.
 *
 * @param at empty when the time is missing or cut
 * @param level lower case; empty when missing
 */
record LogRecord(Optional<Instant> at, String level, String message) {
  private static final Pattern TIME =
      Pattern.compile(
          "(\\d{4})-(\\d\\d)-(\\d\\d)[T ](\\d\\d):(\\d\\d):(\\d\\d)(?:[.,](\\d{1,9}))?"
              + " ?(Z|[+-]\\d\\d:?\\d\\d)?");

  /**
   * An instant as seelog, zap and Go's time package print it. The plugin logs in the host's zone
   * ({@code +0900}), ipamd in its container's; no zone means UTC.
   */
  static Optional<Instant> time(String text) {
    Matcher m = TIME.matcher(text);
    if (!m.lookingAt()) {
      return Optional.empty();
    }
    try {
      String fraction = text(m.group(7));
      int nanos = Integer.parseInt((fraction + "000000000").substring(0, 9));
      String offset = text(m.group(8));
      ZoneOffset zone = offset.isEmpty() ? ZoneOffset.UTC : ZoneOffset.of(offset);
      return Optional.of(
          OffsetDateTime.of(
                  number(m, 1),
                  number(m, 2),
                  number(m, 3),
                  number(m, 4),
                  number(m, 5),
                  number(m, 6),
                  nanos,
                  zone)
              .toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static int number(Matcher m, int group) {
    return Integer.parseInt(text(m.group(group)));
  }
}
