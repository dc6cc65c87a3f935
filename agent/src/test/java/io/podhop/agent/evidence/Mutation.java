package io.podhop.agent.evidence;

import java.util.Random;

/** Text with some characters changed, doubled, moved or cut off. */
final class Mutation {
  private Mutation() {}

  static String of(String text, Random random) {
    StringBuilder mutated = new StringBuilder(text);
    int changes = 1 + random.nextInt(6);
    for (int i = 0; i < changes && !mutated.isEmpty(); i++) {
      int at = random.nextInt(mutated.length());
      switch (random.nextInt(5)) {
        case 0 -> mutated.setCharAt(at, (char) random.nextInt(0x180));
        case 1 -> mutated.deleteCharAt(at);
        case 2 -> mutated.insert(at, "9".repeat(1 + random.nextInt(25)));
        case 3 -> mutated.setLength(at);
        default -> mutated.insert(at, mutated.charAt(random.nextInt(mutated.length())));
      }
    }
    return mutated.toString();
  }
}
