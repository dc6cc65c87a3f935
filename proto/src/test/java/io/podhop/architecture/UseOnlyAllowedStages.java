package io.podhop.architecture;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Map;
import java.util.Set;

/** Every dependency of a class stays in its stage, or goes to one that the table names for it. */
final class UseOnlyAllowedStages extends ArchCondition<JavaClass> {
  private static final String OUTSIDE = "";

  private final String prefix;
  private final Map<String, Set<String>> mayUse;

  UseOnlyAllowedStages(String root, Map<String, Set<String>> mayUse) {
    super("use only the stages that the table allows");
    this.prefix = root + ".";
    this.mayUse = mayUse;
  }

  @Override
  public void check(JavaClass type, ConditionEvents events) {
    String own = stage(type);
    Set<String> allowed = mayUse.get(own);
    if (allowed == null) {
      String message = type.getName() + " is in stage " + own + ", which the table does not name";
      events.add(SimpleConditionEvent.violated(type, message));
      return;
    }
    for (Dependency use : type.getDirectDependenciesFromSelf()) {
      String other = stage(use.getTargetClass());
      if (!other.equals(OUTSIDE) && !other.equals(own) && !allowed.contains(other)) {
        events.add(SimpleConditionEvent.violated(type, use.getDescription()));
      }
    }
  }

  private String stage(JavaClass type) {
    String name = type.getPackageName();
    if (name.startsWith("io.podhop.wire") || name.startsWith("io.podhop.v1")) {
      return "wire";
    }
    return name.startsWith(prefix) ? name.substring(prefix.length()).split("\\.")[0] : OUTSIDE;
  }
}
