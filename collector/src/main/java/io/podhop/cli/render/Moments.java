package io.podhop.cli.render;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Instants as people read them, in their zone and to the millisecond. */
final class Moments {
  private static final DateTimeFormatter EXACT = format("uuuu-MM-dd HH:mm:ss.SSS");
  private static final DateTimeFormatter SECONDS = format("uuuu-MM-dd HH:mm:ss");
  private static final DateTimeFormatter ZONE = format("zzz");

  private final ZoneId zone;

  Moments(ZoneId zone) {
    this.zone = zone;
  }

  private static DateTimeFormatter format(String pattern) {
    return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH);
  }

  /** {@code 2026-03-01 10:32:00.125}, to be read under a heading that names the zone. */
  String bare(Instant instant) {
    return EXACT.format(instant.atZone(zone));
  }

  /** {@code 2026-03-01 10:32:00.125 UTC}. */
  String exact(Instant instant) {
    return bare(instant) + " " + zone(instant);
  }

  /** {@code 2026-03-01 10:32:00}. */
  String seconds(Instant instant) {
    return SECONDS.format(instant.atZone(zone));
  }

  /** The zone's short name then: {@code UTC}, {@code CEST}. */
  String zone(Instant instant) {
    String name = ZONE.format(instant.atZone(zone));
    return name.equals("Z") ? "UTC" : name;
  }
}
