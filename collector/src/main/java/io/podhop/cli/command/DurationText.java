package io.podhop.cli.command;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Durations as kubectl reads them: {@code 500us}, {@code 500ms}, {@code 3s}, {@code 2m30s}, {@code
 * 1h}.
 */
final class DurationText implements ITypeConverter<Duration> {
  private static final Pattern PART = Pattern.compile("(\\d{1,9})(us|ms|s|m|h)");

  @Override
  public Duration convert(String value) {
    Duration total = Duration.ZERO;
    Matcher part = PART.matcher(value);
    int at = 0;
    while (part.find(at) && part.start() == at) {
      total = total.plus(unit(value, part).multipliedBy(amount(value, part)));
      at = part.end();
    }
    if (at == 0 || at != value.length()) {
      throw new TypeConversionException("'" + value + "' is no duration; write 500ms, 3s or 2m");
    }
    return total;
  }

  private static long amount(String value, Matcher part) {
    return Long.parseLong(value.substring(part.start(1), part.end(1)));
  }

  private static Duration unit(String value, Matcher part) {
    return switch (value.substring(part.start(2), part.end(2))) {
      case "us" -> Duration.ofNanos(1_000);
      case "ms" -> Duration.ofMillis(1);
      case "s" -> Duration.ofSeconds(1);
      case "m" -> Duration.ofMinutes(1);
      default -> Duration.ofHours(1);
    };
  }
}
