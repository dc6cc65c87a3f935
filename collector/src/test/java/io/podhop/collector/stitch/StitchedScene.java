package io.podhop.collector.stitch;

import io.podhop.collector.fixture.Scene;
import io.podhop.collector.fixture.Shop;
import io.podhop.model.ClockOffset;
import io.podhop.model.Endpoint;
import io.podhop.model.Hop;
import io.podhop.model.Owner;
import io.podhop.model.Trace;
import io.podhop.model.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Short ways from a scene to what the stitcher makes of it. */
public final class StitchedScene {
  private StitchedScene() {}

  public static Trace trace(Scene scene) {
    return Stitcher.stitch(scene.segments(), scene.armed(), context(scene)).trace();
  }

  public static Trace trace(Scene scene, Attempt.Outcome outcome) {
    Attempt attempt = new Attempt(40_112, outcome, "", Scene.START);
    TraceContext context = context(scene, List.of(), Optional.of(attempt), Map.of());
    return Stitcher.stitch(scene.segments(), scene.armed(), context).trace();
  }

  static Verdict verdict(Scene scene) {
    return trace(scene).verdict();
  }

  static TraceContext context(Scene scene) {
    return context(scene, List.of(), Optional.empty(), Map.of());
  }

  static TraceContext context(
      Scene scene,
      List<String> missing,
      Optional<Attempt> attempt,
      Map<String, ClockOffset> offsets) {
    return new TraceContext(
        scene.client().protocol(),
        scene.source(),
        scene.destination(),
        targets(scene.destination()),
        missing,
        attempt,
        List.of(),
        List.of(),
        List.of(),
        offsets);
  }

  private static List<Endpoint> targets(Endpoint destination) {
    return switch (destination.owner()) {
      case Owner.Pod _, Owner.Node _ -> List.of(destination);
      case Owner.Service _ -> List.of(Shop.db());
      case Owner.External _, Owner.Unknown _ -> List.of();
    };
  }

  /** One line for each hop: {@code SYN > web eth0 +0}, in microseconds after the scene's start. */
  static List<String> lines(Trace trace) {
    return trace.hops().stream().map(StitchedScene::line).toList();
  }

  private static String line(Hop hop) {
    String arrow =
        switch (hop.direction()) {
          case REQUEST -> " > ";
          case REPLY -> " < ";
        };
    String seen =
        switch (hop) {
          case Hop.Observed observed -> " +" + (observed.timeNs() - Scene.START) / Scene.US;
          case Hop.NotSeen _ -> " not seen";
          case Hop.Inferred _ -> " inferred";
        };
    return hop.packet().label() + arrow + hop.point().label() + seen;
  }
}
