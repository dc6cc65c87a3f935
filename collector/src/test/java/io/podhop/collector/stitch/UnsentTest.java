package io.podhop.collector.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.collector.fixture.Scene;
import io.podhop.collector.fixture.Shop;
import io.podhop.model.Verdict;
import io.podhop.model.Verdict.Grade;
import io.podhop.model.Verdict.Place;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class UnsentTest {
  private static Verdict refused(Scene scene, String error) {
    Attempt attempt = new Attempt(40_112, Attempt.Outcome.REFUSED, error, Scene.START);
    TraceContext context = StitchedScene.context(scene, List.of(), Optional.of(attempt), Map.of());
    return Stitcher.stitch(scene.segments(), scene.armed(), context).trace().verdict();
  }

  @Test
  void judge_podHasNoRoute_isLostInPodAndSaysWhy() {
    Verdict verdict = refused(Scene.webToDb(), "Network is unreachable");
    assertThat(verdict.id()).isEqualTo(Verdict.Id.LOST_IN_POD);
    assertThat(verdict.place()).isEqualTo(new Place("", "web eth0"));
    assertThat(verdict.cause()).contains("its default route is missing");
    assertThat(verdict.evidence().getFirst()).contains("Network is unreachable");
    assertThat(verdict.grade()).isEqualTo(Grade.PROVEN);
    assertThat(verdict.advice()).isEqualTo(Advice.ROUTE);
  }

  @Test
  void judge_podHasNoRouteAndItsCaptureIsLossy_provesNothing() {
    Verdict verdict = refused(Scene.webToDb().lossy(Shop.WEB_POD), "Network is unreachable");
    assertThat(verdict.grade()).isEqualTo(Grade.UNPROVEN);
  }
}
