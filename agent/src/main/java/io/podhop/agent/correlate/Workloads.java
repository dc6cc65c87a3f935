package io.podhop.agent.correlate;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The workload behind a pod, guessed from the pod's name. Kubernetes draws generated suffixes from
 * an alphabet without vowels and without 0, 1 and 3 (k8s.io/apimachinery util/rand), which tells
 * them from words.
 */
public final class Workloads {
  private static final String SAFE = "[bcdfghjklmnpqrstvwxz2456789]";
  private static final Pattern GENERATED =
      Pattern.compile("(.+?)(-" + SAFE + "{1,10})?-" + SAFE + "{5}");
  private static final Pattern ORDINAL = Pattern.compile("(.+)-\\d{1,5}");

  private Workloads() {}

  /** {@code web} for {@code web-0} and {@code web-7c9f5d8b6-x2x4k}; else the name itself. */
  public static String of(String podName) {
    return Stream.of(ORDINAL, GENERATED)
        .map(pattern -> pattern.matcher(podName))
        .filter(Matcher::matches)
        .map(matcher -> podName.substring(0, matcher.end(1)))
        .findFirst()
        .orElse(podName);
  }
}
