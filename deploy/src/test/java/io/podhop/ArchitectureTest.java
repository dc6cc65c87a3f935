package io.podhop;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchRule;
import io.podhop.architecture.Architecture;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The shape of the launcher's main, which has no stages: it joins the other modules' commands. */
class ArchitectureTest {
  private static final JavaClasses CLASSES = Architecture.ownClasses();

  static Stream<ArchRule> rules() {
    return new Architecture("io.podhop", Map.of(), Set.of()).rules();
  }

  @ParameterizedTest
  @MethodSource("rules")
  void shape_ofLauncher_holds(ArchRule rule) {
    rule.check(CLASSES);
  }
}
