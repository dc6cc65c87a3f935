package io.podhop.model;

import java.util.OptionalInt;
import java.util.function.IntPredicate;

/** Whether something holds, when it may be unknown. */
public enum Ternary {
  YES,
  NO,
  UNKNOWN;

  public static Ternary of(boolean holds) {
    return holds ? YES : NO;
  }

  /** Unknown when the value is. */
  public static Ternary of(OptionalInt value, IntPredicate holds) {
    return value.isPresent() ? of(holds.test(value.getAsInt())) : UNKNOWN;
  }

  public Ternary and(Ternary other) {
    if (this == NO || other == NO) {
      return NO;
    }
    return this == UNKNOWN ? this : other;
  }

  public Ternary not() {
    return switch (this) {
      case YES -> NO;
      case NO -> YES;
      case UNKNOWN -> UNKNOWN;
    };
  }

  /** What {@link #not} says, if asked to. */
  public Ternary negated(boolean negate) {
    return negate ? not() : this;
  }
}
