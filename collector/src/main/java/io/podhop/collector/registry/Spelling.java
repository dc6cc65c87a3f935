package io.podhop.collector.registry;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Names near to a mistyped one. */
final class Spelling {
  private static final int SUGGESTIONS = 3;

  private Spelling() {}

  /** The nearest known names, nearest first; names far off are left out. */
  static List<String> nearest(String typed, Stream<String> known) {
    return known
        .distinct()
        .filter(name -> distance(typed, name) <= Math.max(2, typed.length() / 3))
        .sorted(
            Comparator.comparingInt((String name) -> distance(typed, name))
                .thenComparing(Comparator.naturalOrder()))
        .limit(SUGGESTIONS)
        .toList();
  }

  /** Levenshtein's distance, with two swapped neighbours as one mistake. */
  static int distance(String a, String b) {
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        cost[i][j] = i == 0 || j == 0 ? i + j : cheapest(cost, a, b, i, j);
      }
    }
    return cost[a.length()][b.length()];
  }

  private static int cheapest(int[][] cost, String a, String b, int i, int j) {
    boolean same = a.charAt(i - 1) == b.charAt(j - 1);
    int replaced = cost[i - 1][j - 1] + (same ? 0 : 1);
    int best = Math.min(replaced, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
    boolean swapped =
        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
    return swapped ? Math.min(best, cost[i - 2][j - 2] + 1) : best;
  }
}
