package io.podhop.cli.command;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.TypeConversionException;

/**
 * Instants as people write them: RFC 3339, {@code 2026-03-01 10:32} and {@code 10:32[:00]} in the
 * zone of the terminal (the last time that it was so late), {@code -5m}.
 */
record MomentText(Instant now, ZoneId zone) {
  /**
   * @throws UsageException when it is no instant, or has not come yet
   */
  Instant parse(String text) throws UsageException {
    Instant instant =
        ago(text)
            .or(() -> tried(() -> OffsetDateTime.parse(text).toInstant()))
            .or(() -> tried(() -> local(LocalDateTime.parse(text.replace(' ', 'T')))))
            .or(() -> tried(() -> lastTime(LocalTime.parse(text))))
            .orElseThrow(
                () ->
                    new UsageException(
                        "no time: '" + text + "'; write 2026-03-01T10:32:00Z, 10:32 or -5m"));
    if (instant.isAfter(now)) {
      throw new UsageException(text + " has not come yet");
    }
    return instant;
  }

  private Optional<Instant> ago(String text) {
    if (!text.startsWith("-")) {
      return Optional.empty();
    }
    try {
      Duration duration = new DurationText().convert(text.substring(1));
      return tried(() -> now.minus(duration));
    } catch (TypeConversionException _) {
      return Optional.empty();
    }
  }

  private static Optional<Instant> tried(Supplier<Instant> reading) {
    try {
      return Optional.of(reading.get());
    } catch (DateTimeException | ArithmeticException _) {
      return Optional.empty();
    }
  }

  private Instant local(LocalDateTime time) {
    return time.atZone(zone).toInstant();
  }

  private Instant lastTime(LocalTime time) {
    ZonedDateTime today = ZonedDateTime.ofInstant(now, zone).with(time);
    return today.toInstant().isAfter(now) ? today.minusDays(1).toInstant() : today.toInstant();
  }
}
