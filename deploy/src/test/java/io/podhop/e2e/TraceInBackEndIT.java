package io.podhop.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.podhop.e2e.Answer.Trace;
import io.podhop.e2e.Cluster.Run;
import io.podhop.e2e.SkyWalking.Span;
import io.podhop.model.TraceIds;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a real trace back end makes of an exported trace. */
@ExtendWith(ClusterLogs.class)
class TraceInBackEndIT {
  /** What SkyWalking adds to every span that comes as OTLP. */
  private static final Set<String> ADDED_BY_BACK_END =
      Set.of("otel.library.name", "otel.scope.name", "w3c.tracestate", "error", "span.kind");

  private static final Offset<Long> MICROSECOND = Offset.offset(1L);

  private static SkyWalking backEnd;
  private static Cluster cluster;

  @BeforeAll
  static void start() {
    backEnd = SkyWalking.start();
    cluster =
        Cluster.start(Lab.Backend.NFT_CONNMARK_IPTABLES, "--otlp-endpoint", backEnd.otlpEndpoint());
    backEnd.awaitReady();
  }

  @AfterAll
  static void stop() {
    cluster.close();
    backEnd.close();
  }

  @AfterEach
  void clearFaults() {
    cluster.lab().clearFaults();
  }

  @Test
  void trace_acrossNodes_isOneTreeUnderClientRoot() {
    List<Span> spans = exported(trace(LabPods.API, LabPods.DB));

    assertThat(spans.stream().map(Span::id)).doesNotHaveDuplicates();
    Map<String, Span> byId =
        spans.stream().collect(Collectors.toMap(Span::id, Function.identity()));
    Span root = Span.root(spans);
    assertThat(root.kind()).isEqualTo("CLIENT");
    assertThat(root.service()).isEqualTo("api");
    assertThat(root.name()).isEqualToIgnoringCase("tcp shop/api → shop/db:8080");
    for (Span span : spans) {
      assertThat(ancestor(span, byId)).as("%s hangs under the root", span).isEqualTo(root);
    }
    Span accept = one(spans, span -> "SERVER".equals(span.kind()));
    assertThat(accept.service()).isEqualTo("db");
    assertThat(spans.stream().map(Span::kind).filter(kind -> kind != null))
        .containsExactlyInAnyOrder("CLIENT", "SERVER");
    assertThat(spans).noneMatch(span -> span.tags().containsKey("error"));
  }

  @Test
  void trace_acrossNodes_joinsWhatTwoAgentsMadeWithoutTalking() {
    Trace trace = trace(LabPods.API, LabPods.DB);

    List<Span> spans = exported(trace);

    assertThat(spans).allMatch(span -> span.traceId().equals(trace.traceId()));
    assertThat(spans.stream().map(span -> span.tag("k8s.node.name")).filter(n -> !n.isEmpty()))
        .contains("node-a", "node-b");
    assertThat(one(spans, span -> "SERVER".equals(span.kind())).tag("k8s.node.name"))
        .isEqualTo("node-b");
    assertThat(Span.root(spans).tag("k8s.node.name")).isEqualTo("node-a");
  }

  @Test
  void trace_acrossNodes_drawsEveryCrossingInTheOrderOfTheHops() {
    Trace trace = trace(LabPods.API, LabPods.DB);

    List<Span> spans = exported(trace);

    List<Span> syn = crossings(spans, "SYN");
    assertThat(syn.stream().map(span -> span.tag("network.interface.name")))
        .containsExactly(
            cluster.lab().veth(LabPods.API), "eth1", "", cluster.lab().veth(LabPods.DB), "eth0");
    assertThat(syn.get(2).name()).isEqualToIgnoringCase("SYN VPC: node-a eth1 → node-b eth1");
    assertThat(crossings(spans, "SYN-ACK")).hasSize(5);
    Span root = Span.root(spans);
    for (Span span : spans) {
      assertThat(span.timestamp()).as("%s", span).isGreaterThanOrEqualTo(root.timestamp());
      // The API gives microseconds, rounded.
      assertThat(span.timestamp() + span.duration())
          .as("%s", span)
          .isLessThanOrEqualTo(root.timestamp() + root.duration() + 2);
    }
    assertThat(root.timestamp()).isCloseTo(trace.hops().getFirst().timeNs() / 1000, MICROSECOND);
    Span connect = one(spans, span -> span.name().equals("connect"));
    assertThat(connect.duration()).isCloseTo(trace.handshakeNs() / 1000, MICROSECOND);
  }

  @Test
  void trace_exported_carriesTheAttributesOfTheSchemaFile() {
    SpanSchema schema = SpanSchema.read();
    Trace trace = trace(LabPods.API, "shop/svc/db");

    List<Span> spans = exported(trace);

    Set<String> known = new HashSet<>(schema.names());
    known.addAll(ADDED_BY_BACK_END);
    assertThat(known).containsAll(keys(spans));
    assertThat(keys(spans)).doesNotContain("podhop.segment");
    // The back end keeps the one required resource attribute as the name of the local endpoint.
    assertThat(schema.required("resource")).containsExactly("service.name");
    assertThat(spans)
        .allSatisfy(span -> assertThat(span.localEndpoint().serviceName()).isIn("api", "db"));
    assertThat(Span.root(spans).tags()).containsKeys(array(schema.required("root")));
    assertThat(one(spans, span -> "SERVER".equals(span.kind())).tags())
        .containsKeys(array(schema.required("accept")));
    for (String packet : List.of("SYN", "SYN-ACK")) {
      for (Span span : crossings(spans, packet)) {
        String kind = span.name().toLowerCase().contains(" vpc: ") ? "vpc" : "crossing";
        assertThat(span.tags()).as("%s", span).containsKeys(array(schema.required(kind)));
      }
    }
    assertThat(Span.root(spans).tags())
        .containsEntry("podhop.verdict.id", "delivered")
        .containsEntry("podhop.verdict.grade", "proven")
        .containsEntry("podhop.identity", "tcp-isn")
        .containsEntry("source.k8s.pod.name", "api-5b8d9c7f44-q8w2z")
        .containsEntry("server.address", "10.100.0.54")
        .containsEntry("podhop.nat.kind", "dnat");
  }

  @Test
  void trace_lostInVpc_isInErrorWithItsVerdictAndTheCrossingThatNeverWas() {
    cluster.lab().fault("sg-drop", LabPods.API, LabPods.DB);
    Run run = cluster.trace(LabPods.API, LabPods.DB, "--port", "8080", "--timeout", "700ms");
    assertThat(run.exitCode()).as("%s", run).isEqualTo(1);

    List<Span> spans = exported(run.answer().trace());

    Span root = Span.root(spans);
    assertThat(root.tags())
        .containsKey("error")
        .containsEntry("error.type", "lost-in-vpc")
        .containsEntry("podhop.verdict.id", "lost-in-vpc")
        .containsEntry("podhop.verdict.last_seen", "node-a eth1")
        .containsEntry("podhop.verdict.never_seen", "node-b eth1")
        .containsEntry("podhop.verdict.grade", "proven");
    Span never = one(spans, span -> span.name().toLowerCase().contains(" vpc: "));
    assertThat(never.name()).isEqualToIgnoringCase("SYN VPC: node-a eth1 → node-b eth1");
    assertThat(never.tags()).containsKey("error").containsEntry("podhop.hop.seen", "false");
    assertThat(spans).noneMatch(span -> "SERVER".equals(span.kind()));
  }

  @Test
  void podAdded_theCnisSteps_areATraceOfTheirOwn() {
    cluster.lab().addPod("node-a", "shop/late-0");
    Lab.Pod added = cluster.lab().statusNow().pod("shop/late-0");

    List<Span> spans = exported(TraceIds.ofAdd("node-a", added.containerId()));

    Span root = Span.root(spans);
    assertThat(root.name()).isEqualToIgnoringCase("cni add shop/late-0");
    assertThat(root.service()).isEqualTo("late");
    assertThat(root.tags())
        .containsEntry("podhop.add.sandbox", added.containerId())
        .containsEntry("podhop.add.end", "wired")
        .containsEntry("aws.vpc_cni.address", added.ip())
        .containsEntry("k8s.pod.name", "late-0")
        .containsEntry("k8s.namespace.name", "shop")
        .doesNotContainKey("error");
    assertThat(root.tag("aws.eni.id")).startsWith("eni-");
    List<Span> steps = spans.stream().filter(span -> !span.equals(root)).toList();
    assertThat(steps.stream().map(span -> span.name().toLowerCase()))
        .as("%s", spans)
        .containsSubsequence("addnetwork received", "address assigned", "veth ready");
    assertThat(steps)
        .allSatisfy(
            step -> {
              assertThat(step.parentId()).isEqualTo(root.id());
              assertThat(step.tag("podhop.add.evidence")).contains(".log: ");
            });
    SpanSchema schema = SpanSchema.read();
    assertThat(root.tags()).containsKeys(array(schema.required("add")));
    Set<String> known = new HashSet<>(schema.names());
    known.addAll(ADDED_BY_BACK_END);
    assertThat(known).containsAll(keys(spans));
  }

  private static Trace trace(String source, String destination) {
    String port = destination.contains("svc/") ? "5432" : "8080";
    return cluster.trace(source, destination, "--port", port).healthy();
  }

  /** All spans of a trace by start time: read until two looks in a row see the same. */
  private static List<Span> exported(Trace trace) {
    return exported(trace.traceId());
  }

  private static List<Span> exported(String traceId) {
    Set<String> before = new TreeSet<>();
    List<Span> spans =
        await("the back end has " + traceId)
            .atMost(Duration.ofSeconds(30))
            .pollInterval(Duration.ofMillis(1200))
            .pollDelay(Duration.ZERO)
            .until(
                () -> backEnd.trace(traceId),
                now -> {
                  Set<String> ids = now.stream().map(Span::id).collect(Collectors.toSet());
                  boolean settled = !ids.isEmpty() && before.equals(ids);
                  before.clear();
                  before.addAll(ids);
                  return settled;
                });
    return spans.stream().sorted(Comparator.comparingLong(Span::timestamp)).toList();
  }

  private static Span one(List<Span> spans, Predicate<Span> wanted) {
    List<Span> found = spans.stream().filter(wanted).toList();
    assertThat(found).as("among %s", spans).hasSize(1);
    return found.getFirst();
  }

  /** The crossings of one packet, in the order of their times. */
  private static List<Span> crossings(List<Span> spans, String packet) {
    return spans.stream()
        .filter(span -> span.kind() == null && span.tag("podhop.packet").equals(packet))
        .toList();
  }

  private static Span ancestor(Span span, Map<String, Span> byId) {
    Span at = span;
    for (int i = 0; i < byId.size() && at.parentId() != null; i++) {
      assertThat(byId).as("parent of %s", at).containsKey(at.parentId());
      at = byId.get(at.parentId());
    }
    return at;
  }

  private static Set<String> keys(List<Span> spans) {
    return spans.stream()
        .flatMap(span -> span.tags().keySet().stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String[] array(Set<String> keys) {
    return keys.toArray(String[]::new);
  }
}
