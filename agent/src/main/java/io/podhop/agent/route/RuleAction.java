package io.podhop.agent.route;

import java.util.Optional;

/** What a policy rule does (FR_ACT_* of linux/fib_rules.h). */
public enum RuleAction {
  LOOKUP,
  GOTO,
  NOP,
  BLACKHOLE,
  UNREACHABLE,
  PROHIBIT;

  static Optional<RuleAction> ofNumber(int number) {
    return switch (number) {
      case 1 -> Optional.of(LOOKUP);
      case 2 -> Optional.of(GOTO);
      case 3 -> Optional.of(NOP);
      case 6 -> Optional.of(BLACKHOLE);
      case 7 -> Optional.of(UNREACHABLE);
      case 8 -> Optional.of(PROHIBIT);
      default -> Optional.empty();
    };
  }
}
