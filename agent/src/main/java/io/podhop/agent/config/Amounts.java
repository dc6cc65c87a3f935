package io.podhop.agent.config;

import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Amounts as people write them. Each method throws IllegalArgumentException that says what it
 * takes.
 */
public final class Amounts {
  private static final Pattern PERCENT = Pattern.compile("(\\d{1,3}(?:\\.\\d{1,6})?) ?%");
  private static final Pattern BYTES = Pattern.compile("(\\d{1,9}) ?([kKMG]?)i?B?");
  private static final Pattern ADDRESS = Pattern.compile("(?:\\[([^]]+)]|([^:]*)):(\\d{1,5})");

  private Amounts() {}

  /** {@code 1%} is 0.01. */
  public static double share(String text) {
    Matcher matcher = PERCENT.matcher(text.strip());
    if (!matcher.matches() || Double.parseDouble(group(matcher, 1)) > 100) {
      throw new IllegalArgumentException("a share is written as 1% or 0.1%, not '" + text + "'");
    }
    return Double.parseDouble(group(matcher, 1)) / 100;
  }

  /** {@code 64MB} is 64 × 2^20, as rings are sized; {@code k} and {@code G} as well. */
  public static long bytes(String text) {
    Matcher matcher = BYTES.matcher(text.strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException("memory is written as 64MB or 1GB, not '" + text + "'");
    }
    int shift =
        switch (group(matcher, 2)) {
          case "k", "K" -> 10;
          case "M" -> 20;
          case "G" -> 30;
          default -> 0;
        };
    return Long.parseLong(group(matcher, 1)) << shift;
  }

  /** {@code HOST:PORT} to listen on; empty for none. No name is looked up here. */
  public static Optional<InetSocketAddress> listen(String text) {
    if (text.isBlank()) {
      return Optional.empty();
    }
    Matcher matcher = ADDRESS.matcher(text.strip());
    if (!matcher.matches() || Integer.parseInt(group(matcher, 3)) > 0xffff) {
      throw new IllegalArgumentException(
          "--metrics-listen takes HOST:PORT, for example 127.0.0.1:9464, not '" + text + "'");
    }
    String host = group(matcher, 1) + group(matcher, 2);
    int port = Integer.parseInt(group(matcher, 3));
    return Optional.of(
        host.isEmpty() ? new InetSocketAddress(port) : new InetSocketAddress(host, port));
  }

  /** Empty for a group that took no part. */
  private static String group(Matcher matcher, int number) {
    return Objects.requireNonNullElse(matcher.group(number), "");
  }
}
