package io.podhop;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import io.podhop.architecture.Architecture;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The shape of the shared words: the model knows nobody, the wire knows the model. */
class ArchitectureTest {
  private static final Map<String, Set<String>> MAY_USE =
      Map.of("model", Set.of(), "pcapng", Set.of(), "wire", Set.of("model"));

  private static final JavaClasses CLASSES = Architecture.ownClasses();

  static Stream<ArchRule> rules() {
    ArchRule modelKnowsNobody =
        ArchRuleDefinition.classes()
            .that()
            .resideInAPackage("io.podhop.model..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("io.podhop.model..", "java..", "org.jspecify.annotations..");
    return Stream.concat(
        new Architecture("io.podhop", MAY_USE, Set.of()).rules(), Stream.of(modelKnowsNobody));
  }

  @ParameterizedTest
  @MethodSource("rules")
  void shape_ofProto_holds(ArchRule rule) {
    rule.check(CLASSES);
  }
}
