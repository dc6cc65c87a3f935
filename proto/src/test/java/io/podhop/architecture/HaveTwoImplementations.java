package io.podhop.architecture;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Set;

/**
 * An interface with one implementation is a detour. Excepted are the named edges, and {@code LibC},
 * {@code LibPcap} and their like, which jnr-ffi implements.
 */
final class HaveTwoImplementations extends ArchCondition<JavaClass> {
  private final Set<String> edges;

  HaveTwoImplementations(Set<String> edges) {
    super("have two implementations, be a @FunctionalInterface, or be a named edge");
    this.edges = edges;
  }

  @Override
  public void check(JavaClass type, ConditionEvents events) {
    if (edges.contains(type.getName()) || type.getName().matches(".*\\.Lib[A-Z]\\w*(\\$\\w+)?")) {
      return;
    }
    long count =
        type.getAllSubclasses().stream()
            .filter(subclass -> !subclass.getModifiers().contains(JavaModifier.ABSTRACT))
            .count();
    if (count < 2) {
      String message = type.getName() + " has " + count + " implementation(s)";
      events.add(SimpleConditionEvent.violated(type, message));
    }
  }
}
