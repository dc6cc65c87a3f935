package io.podhop.cli.render;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.cli.Golden;
import io.podhop.cli.Scenes;
import io.podhop.model.ClockOffset;
import io.podhop.model.Direction;
import io.podhop.model.Hop;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PacketKind;
import io.podhop.model.Trace;
import io.podhop.model.Verdict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

class TraceTreeTest {
  @Test
  void json_delivered_isAsRecorded() throws IOException {
    Trace trace = Scenes.trace(Scenes.handshake().subList(0, 3), Scenes.delivered(), Scenes.snat());

    Golden.assertSame("trace.json", Document.json(TraceTree.of(report(trace))));
  }

  @Test
  void json_everyHop_isThereWithEvidenceAndTime() {
    List<Hop> hops = new ArrayList<>(Scenes.lostInVpc(false));
    hops.set(4, new Hop.Inferred(Scenes.B_ETH1, Direction.REQUEST, PacketKind.SYN, List.of()));

    JsonNode trace = json(Scenes.trace(hops, Scenes.lost().verdict())).at("/traces/0");

    assertThat(trace.at("/hops").size()).isEqualTo(6);
    assertThat(trace.at("/hops").valueStream().map(hop -> hop.at("/seen").asString()))
        .containsExactly("observed", "observed", "observed", "not-seen", "inferred", "not-seen");
    assertThat(trace.at("/hops/2/afterNs").asLong()).isEqualTo(14_000);
    assertThat(trace.at("/hops/2/why/0/number").asInt()).isEqualTo(1536);
    assertThat(trace.at("/hops/3/afterNs").isNull()).isTrue();
    assertThat(trace.at("/hops/3/coverage/droppedByKernel").asLong()).isEqualTo(12);
    assertThat(trace.at("/verdict/id").asString()).isEqualTo("lost-in-vpc");
    assertThat(trace.at("/verdict/neverSeen").asString()).isEqualTo("node-b eth1");
  }

  @Test
  void json_clocksNotCompared_hasNoTimeAcrossNodes() {
    Trace trace = Scenes.trace(Scenes.handshake(), ClockOffset.UNKNOWN, Scenes.delivered());

    assertThat(json(trace).at("/traces/0/hops/3/afterNs").isNull()).isTrue();
  }

  @Test
  void yaml_sameTree_readsBackTheSame() {
    TraceReport report = report(Scenes.lost());
    String yaml = Document.yaml(TraceTree.of(report));

    JsonNode fromYaml = new YAMLMapper().readTree(yaml);
    JsonNode fromJson = new JsonMapper().readTree(Document.json(TraceTree.of(report)));

    assertThat(fromYaml.toString()).isEqualTo(fromJson.toString());
  }

  @Test
  void documents_hostileText_carryNoControlCharacter() {
    String hostile = "evil\u001b[2J\u0007\u009b31m\u202e\ud83d\ude00→";
    ObservationPoint point = Scenes.podPoint("node-a", "ns/" + hostile);
    Verdict verdict =
        new Verdict(
            Verdict.Id.NOT_OBSERVED,
            List.of(),
            new Verdict.Place(hostile, ""),
            Direction.REQUEST,
            hostile,
            List.of(),
            Verdict.Grade.UNPROVEN,
            hostile,
            "");
    Trace trace = Scenes.trace(List.of(Scenes.seen(point, PacketKind.SYN, 0)), verdict);

    String json = Document.json(TraceTree.of(report(trace)));
    String yaml = Document.yaml(TraceTree.of(report(trace)));

    assertThat(json).isASCII().doesNotContain("\u001b", "\u0007");
    assertThat(yaml).isASCII().doesNotContain("\u001b", "\u0007");
    assertThat(new JsonMapper().readTree(json).at("/verdict/cause").asString()).isEqualTo(hostile);
    assertThat(new YAMLMapper().readTree(yaml).at("/verdict/cause").asString()).isEqualTo(hostile);
  }

  private static JsonNode json(Trace trace) {
    return new JsonMapper().readTree(Document.json(TraceTree.of(report(trace))));
  }

  private static TraceReport report(Trace trace) {
    return TraceTextTest.report(Scenes.WEB, Scenes.DB, trace);
  }
}
