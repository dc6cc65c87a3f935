package io.podhop.agent.route;

import java.util.OptionalInt;
import java.util.function.IntPredicate;

/** Whether something holds, when it may be unknown. */
enum Ternary {
  YES,
  NO,
  UNKNOWN;

  static Ternary of(boolean holds) {
    return holds ? YES : NO;
  }

  /** Unknown when the value is. */
  static Ternary of(OptionalInt value, IntPredicate holds) {
    return value.isPresent() ? of(holds.test(value.getAsInt())) : UNKNOWN;
  }

  Ternary and(Ternary other) {
    if (this == NO || other == NO) {
      return NO;
    }
    return this == UNKNOWN ? this : other;
  }

  Ternary not() {
    return switch (this) {
      case YES -> NO;
      case NO -> YES;
      case UNKNOWN -> UNKNOWN;
    };
  }
}
