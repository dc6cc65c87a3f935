package io.podhop.cli.render;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.cli.Scenes;
import io.podhop.model.Citation;
import io.podhop.model.Direction;
import io.podhop.model.DnatChoice;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Trace;
import io.podhop.model.Verdict;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SurpriseTextTest {
  private static final PredictedLeg.Leaves BY_ETH1 = new PredictedLeg.Leaves("eth1", "eth1");
  private static final FlowKey AS_SEEN = Scenes.DIRECT;
  private static final FlowKey TO_ANOTHER =
      Scenes.tcp("192.168.1.21", 49_152, "192.168.33.9", 5432);

  private static PredictedLeg leg(PredictedLeg.Fate fate, FlowKey leaving, DnatChoice... choices) {
    return new PredictedLeg(
        "node-a",
        Direction.REQUEST,
        Scenes.DIRECT,
        List.of(),
        fate,
        leaving,
        Optional.empty(),
        List.of(choices),
        0,
        List.of());
  }

  private static List<String> lines(Verdict verdict, PredictedLeg leg) {
    Trace seen = Scenes.trace(Scenes.handshake(), verdict);
    Trace trace =
        new Trace(
            seen.traceId(),
            seen.identity(),
            seen.startNs(),
            seen.source(),
            seen.destination(),
            seen.client(),
            seen.wire(),
            seen.hops(),
            seen.translations(),
            seen.handshakeNs(),
            seen.retransmits(),
            seen.offset(),
            seen.missingNodes(),
            verdict,
            List.of(leg));
    return new SurpriseText(trace, new Style(true, false, true)).lines();
  }

  @Test
  void lines_asPredicted_none() {
    FlowKey otherPort = Scenes.tcp("192.168.1.21", 49_152, "192.168.33.7", 5432);
    assertThat(lines(Scenes.delivered(), leg(BY_ETH1, otherPort))).isEmpty();
  }

  @Test
  void lines_otherInterface_saysBoth() {
    assertThat(lines(Scenes.delivered(), leg(new PredictedLeg.Leaves("eth0", "eth0"), AS_SEEN)))
        .containsExactly("not as predicted  the SYN should leave node-a by eth0, and left by eth1");
  }

  @Test
  void lines_otherAddress_saysBoth() {
    assertThat(lines(Scenes.delivered(), leg(BY_ETH1, TO_ANOTHER)))
        .containsExactly(
            "not as predicted  the SYN should leave node-a as"
                + " tcp 192.168.1.21:49152 > 192.168.33.9:5432, and left as"
                + " tcp 192.168.1.21:40112 > 192.168.33.7:5432");
  }

  @Test
  void lines_anotherBackendOfTheSameService_none() {
    DnatChoice seen =
        new DnatChoice(IpAddress.parse("192.168.33.7"), 5432, 0.5, List.<Citation>of());
    assertThat(lines(Scenes.delivered(), leg(BY_ETH1, TO_ANOTHER, seen))).isEmpty();
  }

  @Test
  void lines_shouldHaveDied_saysThatItCameThrough() {
    PredictedLeg.Dies dies =
        new PredictedLeg.Dies(
            Verdict.Id.WRONG_ENI, Verdict.Place.NONE, "rule 1536 is missing", List.of(), "");
    assertThat(lines(Scenes.delivered(), leg(dies, AS_SEEN)))
        .containsExactly(
            "not as predicted  the request should end on node-a (wrong-eni), and came through: rule"
                + " 1536 is missing");
  }

  @Test
  void lines_notDelivered_isLeftToTheVerdict() {
    Verdict lost = Scenes.failed(Verdict.Id.LOST_IN_VPC, Direction.REQUEST, Verdict.Grade.PROVEN);
    assertThat(lines(lost, leg(BY_ETH1, TO_ANOTHER))).isEmpty();
  }
}
