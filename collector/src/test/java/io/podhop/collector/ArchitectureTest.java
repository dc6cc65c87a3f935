package io.podhop.collector;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchRule;
import io.podhop.architecture.Architecture;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The shape of the collector and of the CLI, which meet on the wire only. */
class ArchitectureTest {
  private static final Map<String, Set<String>> COLLECTOR_MAY_USE =
      Map.ofEntries(
          Map.entry("metrics", Set.of()),
          Map.entry("registry", Set.of()),
          Map.entry("stitch", Set.of()),
          Map.entry("store", Set.of("wire")),
          Map.entry("ingest", Set.of("metrics", "wire")),
          Map.entry("export", Set.of("metrics", "wire")),
          Map.entry("control", Set.of("metrics", "registry", "wire")),
          Map.entry(
              "trace",
              Set.of("control", "explain", "ingest", "metrics", "registry", "stitch", "wire")),
          Map.entry("observe", Set.of("control", "metrics", "registry", "wire")),
          Map.entry("explain", Set.of("control", "metrics", "registry", "wire")),
          Map.entry(
              "api",
              Set.of("explain", "metrics", "observe", "registry", "store", "trace", "wire")));

  private static final Map<String, Set<String>> CLI_MAY_USE =
      Map.of("client", Set.of("wire"), "render", Set.of(), "command", Set.of("client", "render"));

  private static final JavaClasses CLASSES = Architecture.ownClasses();

  static Stream<ArchRule> rules() {
    return Stream.of(
            new Architecture("io.podhop.collector", COLLECTOR_MAY_USE, Set.of()).rules(),
            new Architecture("io.podhop.cli", CLI_MAY_USE, Set.of()).rules(),
            Stream.of(
                apart("io.podhop.cli", "io.podhop.collector"),
                apart("io.podhop.collector", "io.podhop.cli")))
        .flatMap(rules -> rules);
  }

  private static ArchRule apart(String one, String other) {
    return noClasses()
        .that()
        .resideInAPackage(one + "..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(other + "..");
  }

  @ParameterizedTest
  @MethodSource("rules")
  void shape_ofCollectorAndCli_holds(ArchRule rule) {
    rule.check(CLASSES);
  }
}
