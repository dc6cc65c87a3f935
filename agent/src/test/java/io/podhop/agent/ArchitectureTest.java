package io.podhop.agent;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchRule;
import io.podhop.architecture.Architecture;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The shape of the agent: a packet goes one way, and imports go the other. */
class ArchitectureTest {
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          Map.entry("linux", Set.of()),
          Map.entry("netns", Set.of("linux")),
          Map.entry("capture", Set.of("linux", "netns")),
          Map.entry("cri", Set.of()),
          Map.entry("decode", Set.of()),
          Map.entry("evidence", Set.of("linux", "netns")),
          Map.entry("flow", Set.of("decode")),
          Map.entry("ipam", Set.of()),
          Map.entry("judge", Set.of("flow")),
          Map.entry("nat", Set.of("linux")),
          Map.entry("route", Set.of("linux")),
          Map.entry("describe", Set.of("correlate", "ipam", "linux")),
          Map.entry("audit", Set.of("correlate", "ipam", "linux", "nat", "route")),
          Map.entry(
              "correlate",
              Set.of("cri", "flow", "ipam", "judge", "linux", "nat", "netns", "route")),
          Map.entry("bundle", Set.of("correlate", "cri", "ipam", "linux", "nat", "route")),
          Map.entry("predict", Set.of("correlate", "ipam", "linux", "nat", "route")),
          Map.entry("span", Set.of("wire")),
          Map.entry("ship", Set.of("span", "wire")),
          Map.entry("probe", Set.of("linux", "netns")),
          Map.entry("control", Set.of("wire")),
          Map.entry("config", Set.of()),
          Map.entry("metrics", Set.of()),
          Map.entry("observe", Set.of("wire")),
          Map.entry("sample", Set.of()));

  private static final Set<String> EDGES =
      Set.of("io.podhop.agent.capture.PacketSource", "io.podhop.agent.ship.SpanSink");

  private static final JavaClasses CLASSES = Architecture.ownClasses();

  static Stream<ArchRule> rules() {
    return new Architecture("io.podhop.agent", MAY_USE, EDGES).rules();
  }

  @ParameterizedTest
  @MethodSource("rules")
  void shape_ofAgent_holds(ArchRule rule) {
    rule.check(CLASSES);
  }
}
