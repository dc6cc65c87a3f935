package io.podhop.agent.bundle;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** When a bundle was collected. */
final class BundleTime {
  private static final Pattern IN_NAME = Pattern.compile("_(\\d{4}-\\d\\d-\\d\\d_\\d{4})-UTC");
  private static final DateTimeFormatter FORMAT = DateTimeFormatter.ofPattern("uuuu-MM-dd_HHmm");
  private static final Duration LONGEST_COLLECTION = Duration.ofHours(1);

  private BundleTime() {}

  /**
   * The last write to its files, when the name that the collector gave it says about the same or
   * nothing; else the name's: copying a directory may lose its times.
   */
  static Instant of(BundleArchive archive) {
    Instant written =
        archive.files().values().stream()
            .map(BundleFile::modified)
            .max(Comparator.naturalOrder())
            .orElse(Instant.EPOCH);
    return inName(archive.name()).filter(named -> isFarFrom(named, written)).orElse(written);
  }

  private static boolean isFarFrom(Instant named, Instant written) {
    return Duration.between(named, written).abs().compareTo(LONGEST_COLLECTION) > 0;
  }

  private static Optional<Instant> inName(String name) {
    Matcher time = IN_NAME.matcher(name);
    try {
      return time.find()
          ? Optional.of(
              LocalDateTime.parse(String.valueOf(time.group(1)), FORMAT).toInstant(ZoneOffset.UTC))
          : Optional.empty();
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
