package io.podhop.agent.correlate;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The workload behind a pod, guessed from the pod's name. Kubernetes draws generated suffixes from
 * an alphabet without vowels and without 0, 1 and 3 (k8s.io/apimachinery util/rand), which tells
 * them from words.
 */
final class Workloads {
  private static final String SAFE = "[bcdfghjklmnpqrstvwxz2456789]";
  private static final Pattern GENERATED =
      Pattern.compile("(.+?)(-" + SAFE + "{1,10})?-" + SAFE + "{5}");
  private static final Pattern ORDINAL = Pattern.compile("(.+)-\\d{1,5}");

  private Workloads() {}

  static String of(String podName) {
    return Stream.of(ORDINAL, GENERATED)
        .map(pattern -> pattern.matcher(podName))
        .filter(Matcher::matches)
        .map(matcher -> podName.substring(0, matcher.end(1)))
        .findFirst()
        .orElse(podName);
  }
}
