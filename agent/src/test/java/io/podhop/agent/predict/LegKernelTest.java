package io.podhop.agent.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.nat.ConntrackEntry;
import io.podhop.agent.predict.KernelCniNode.Arrival;
import io.podhop.agent.predict.KernelCniNode.Home;
import io.podhop.model.Direction;
import io.podhop.model.DnatChoice;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.LegQuery;
import io.podhop.model.PredictedLeg;
import io.podhop.model.Protocol;
import io.podhop.model.Tracked;
import io.podhop.model.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random packets on a node in the kernel, healthy and with every fault: each leaves by the ENI, or
 * comes to the pod, that was predicted, with the addresses that were predicted; conntrack holds
 * what was predicted; and so for the answers.
 */
@Timeout(300)
class LegKernelTest {
  private static final int PACKETS = 40;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @TempDir Path scratch;

  /**
   * @param breaks shell commands in the node's namespace
   * @param rules what becomes of the rules' text
   */
  private record Fault(String name, String breaks, String mends, Edit rules) {
    Fault(String name, String breaks, String mends) {
      this(name, breaks, mends, text -> text);
    }

    Fault(String name, Edit rules) {
      this(name, ":", ":", rules);
    }
  }

  private interface Edit {
    String of(String rules);
  }

  private static final List<Fault> FAULTS =
      List.of(
          new Fault("healthy", ":", ":"),
          rule("1536 missing", "1536 from 10.40.2.21 lookup 2"),
          rule("512 missing", "512 to 10.40.2.21 lookup main"),
          rule("1024 missing", "1024 fwmark 0x80/0x80 lookup main"),
          new Fault(
              "old rule to VPC",
              "ip rule del prio 1536 && ip rule add prio 1536 from 10.40.2.21 to 10.40.0.0/16"
                  + " lookup 2",
              "ip rule del prio 1536 && ip rule add prio 1536 from 10.40.2.21 lookup 2"),
          sysctl("strict", "net.ipv4.conf.ens5.rp_filter", 1, 2),
          sysctl("not forwarding from pods", "net.ipv4.conf.eni0000000000b.forwarding", 0, 1),
          route("host route missing", "del 10.40.2.21 dev eni0000000000b scope link", "add"),
          route("blackhole", "add blackhole 10.40.33.0/24 table 2", "del"),
          route("unreachable", "add unreachable 198.51.100.0/24", "del"),
          new Fault("no connmark", text -> without(text, "CONNMARK")),
          new Fault(
              "no restore", text -> without(text, "-i eni+ -m comment --comment \"AWS, prim")),
          new Fault(
              "AWS before kube",
              text ->
                  text.replace(Rules.KUBE_JUMP, "")
                      .replace(Rules.RESTORE, Rules.RESTORE + Rules.KUBE_JUMP)),
          new Fault(
              "mark before kube",
              text ->
                  text.replace(Rules.CONNMARK_JUMP, "")
                      .replace(Rules.KUBE_JUMP, Rules.CONNMARK_JUMP + Rules.KUBE_JUMP)),
          new Fault("policy", text -> text.replace(":FORWARD ACCEPT", ":FORWARD DROP")),
          new Fault(
              "drop",
              text ->
                  text.replace(
                      "-A FORWARD -m conntrack",
                      "-A FORWARD -d 10.40.33.7/32 -p udp -m udp --dport 8080 -j DROP\n"
                          + "-A FORWARD -m conntrack")));

  private static Fault rule(String name, String rule) {
    return new Fault(name, "ip rule del prio " + rule, "ip rule add prio " + rule);
  }

  private static Fault sysctl(String name, String key, int broken, int well) {
    return new Fault(name, "sysctl -qw " + key + "=" + broken, "sysctl -qw " + key + "=" + well);
  }

  private static Fault route(String name, String change, String back) {
    return new Fault(name, "ip route " + change, "ip route " + change.replaceFirst("^\\w+", back));
  }

  private static String without(String text, String words) {
    return String.join("\n", text.lines().filter(line -> !line.contains(words)).toList()) + "\n";
  }

  @Test
  void predict_randomPacketsOnBrokenNodes_asTheKernelDoes() throws Exception {
    int answered = 0;
    int wrong = 0;
    try (KernelCniNode kernel = new KernelCniNode(scratch)) {
      for (int i = 0; i < FAULTS.size(); i++) {
        Fault fault = FAULTS.get(i);
        kernel.load(fault.rules().of(KernelCniNode.rules()));
        kernel.run(Home.NODE, fault.breaks());
        Round round = new Round(kernel, fault.name(), new Random(4_000 + i), i);
        answered += round.run();
        wrong += round.wrongEni();
        kernel.run(Home.NODE, fault.mends());
        kernel.forget();
      }
    }
    assertThat(answered).as("answers that came back").isGreaterThan(FAULTS.size() * PACKETS / 3);
    assertThat(wrong).as("packets that left by the wrong ENI").isGreaterThan(20);
  }

  /** A packet and what may become of it: one prediction for each endpoint that rules may choose. */
  private record Sent(Home home, FlowKey packet, List<PredictedLeg> legs) {}

  /** One fault and its packets. */
  private static final class Round {
    private final KernelCniNode kernel;
    private final NodeView view;
    private final String name;
    private final Random random;
    private final int firstPort;
    private final Map<Integer, Sent> sent = new HashMap<>();
    private final Map<Integer, Arrival> arrived = new HashMap<>();
    private int wrongEni;

    Round(KernelCniNode kernel, String name, Random random, int number) throws IOException {
      this.kernel = kernel;
      this.view = kernel.view();
      this.name = name;
      this.random = random;
      this.firstPort = 20_000 + number * PACKETS;
    }

    int wrongEni() {
      return wrongEni;
    }

    int run() throws Exception {
      for (int id = 0; id < PACKETS; id++) {
        send(id);
      }
      settle();
      for (Map.Entry<Integer, Sent> one : sent.entrySet()) {
        check(one.getValue(), Optional.ofNullable(arrived.get(one.getKey())));
      }
      compareConntrack();
      return answers();
    }

    private void send(int id) throws IOException {
      Home home = pick(List.of(Home.values()));
      FlowKey packet =
          new FlowKey(
              Protocol.UDP,
              IpAddress.parse(home == Home.NODE ? TextNode.NODE_IP : pick(home.addresses())),
              firstPort + id,
              IpAddress.parse("0.0.0.0"),
              0);
      packet = towards(packet, pick(destinations(home)));
      kernel.bind(home, packet.source().toString(), packet.sourcePort());
      PredictedLeg leg = ask(Direction.REQUEST, packet, home, Optional.empty());
      List<PredictedLeg> legs = new ArrayList<>(List.of(leg));
      for (DnatChoice choice : leg.choices().stream().skip(1).toList()) {
        legs.add(ask(Direction.REQUEST, packet, home, Optional.of(redirected(packet, choice))));
      }
      sent.put(id, new Sent(home, packet, legs));
      kernel.send(home, packet, id);
    }

    private static FlowKey towards(FlowKey packet, String destination) {
      String[] parts = destination.split(":");
      return new FlowKey(
          packet.protocol(),
          packet.source(),
          packet.sourcePort(),
          IpAddress.parse(parts[0]),
          Integer.parseInt(parts[1]));
    }

    /** None twice there: where the VPC would deliver, and what a pod or process would send. */
    private static List<String> destinations(Home home) {
      List<String> services =
          List.of("172.20.0.6:80", "172.20.0.7:5432", "172.20.0.8:80", "172.20.0.9:80");
      List<String> all =
          new ArrayList<>(
              switch (home) {
                case NODE ->
                    List.of(
                        "10.40.33.7:8080",
                        "198.51.100.9:443",
                        "10.40.1.11:8080",
                        "10.40.2.21:5432");
                case WEB ->
                    List.of(
                        "10.40.33.7:8080", "198.51.100.9:443", "10.40.2.21:5432", "10.40.0.10:443");
                case DB ->
                    List.of(
                        "10.40.33.7:8080", "198.51.100.9:443", "10.40.1.11:8080", "10.40.0.10:443");
                case ENS5 ->
                    List.of(
                        "10.40.0.10:30007",
                        "10.40.0.10:30066",
                        "10.40.0.10:30080",
                        "10.40.1.11:8080",
                        "10.40.0.10:443");
                case ENS6 -> List.of("10.40.2.21:5432", "10.40.2.21:8080", "10.40.0.20:443");
              });
      if (home == Home.NODE || home == Home.WEB || home == Home.DB) {
        all.addAll(services);
      }
      return all;
    }

    private <T> T pick(List<T> all) {
      return all.get(random.nextInt(all.size()));
    }

    /** What is known of a connection when only its endpoint is. */
    private static Tracked redirected(FlowKey packet, DnatChoice choice) {
      FlowKey after =
          new FlowKey(
              packet.protocol(),
              packet.source(),
              packet.sourcePort(),
              choice.address(),
              choice.port());
      return new Tracked(packet, after, 0);
    }

    private PredictedLeg ask(
        Direction direction, FlowKey packet, Home home, Optional<Tracked> tracked) {
      PredictedLeg leg =
          LegPredictor.predict(view, new LegQuery(direction, packet, home.entry(), tracked, 0));
      assertThat(leg.fate())
          .as("%s: %s from %s", name, packet, home)
          .isNotInstanceOf(PredictedLeg.Unclear.class);
      return leg;
    }

    /** Where it must come to a socket; empty when none gets it. */
    private Optional<Arrival> arrival(PredictedLeg leg) {
      Optional<Home> home =
          switch (leg.fate()) {
            case PredictedLeg.Arrives(String at) ->
                Optional.of(
                    at.equals("node-a") ? Home.NODE : at.equals("shop/web-0") ? Home.WEB : Home.DB);
            case PredictedLeg.Leaves leaves ->
                Optional.of(behind("node-a " + leaves.eniInterface()));
            // The check of source addresses is EC2's: here the packet comes through.
            case PredictedLeg.Dies dies when dies.verdict() == Verdict.Id.WRONG_ENI ->
                Optional.of(behind(dies.place().after()));
            case PredictedLeg.Dies _, PredictedLeg.Unclear _ -> Optional.empty();
          };
      return home.map(h -> new Arrival(h, leg.leaving())).filter(kernel::listens);
    }

    private static Home behind(String point) {
      assertThat(point).isIn("node-a ens5", "node-a ens6");
      return point.equals("node-a ens5") ? Home.ENS5 : Home.ENS6;
    }

    private void settle() {
      await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(2))
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                kernel.receive(arrived);
                for (Map.Entry<Integer, Sent> one : sent.entrySet()) {
                  boolean due =
                      one.getValue().legs().stream().allMatch(leg -> arrival(leg).isPresent());
                  if (due) {
                    assertThat(arrived)
                        .as("%s: %s", name, one.getValue())
                        .containsKey(one.getKey());
                  }
                }
              });
    }

    private void check(Sent packet, Optional<Arrival> came) {
      assertThat(packet.legs().stream().map(this::arrival).distinct())
          .as("%s: %s", name, packet)
          .contains(came);
      boolean wrong =
          packet.legs().getFirst().fate() instanceof PredictedLeg.Dies dies
              && dies.verdict() == Verdict.Id.WRONG_ENI;
      wrongEni += wrong ? 1 : 0;
    }

    private PredictedLeg taken(Sent packet, Arrival came) {
      return packet.legs().stream()
          .filter(leg -> arrival(leg).equals(Optional.of(came)))
          .findFirst()
          .orElseThrow();
    }

    private void compareConntrack() throws Exception {
      Map<FlowKey, ConntrackEntry> entries = new HashMap<>();
      kernel.connections().forEach(entry -> entries.put(entry.original(), entry));
      for (Sent packet : sent.values()) {
        Optional<Tracked> held =
            Optional.ofNullable(entries.get(packet.packet()))
                .map(e -> new Tracked(e.original(), e.translated(), e.mark()));
        assertThat(packet.legs().stream().map(PredictedLeg::tracked))
            .as("%s: conntrack of %s", name, packet)
            .contains(held);
      }
    }

    /** Answers what has come by an ENI or to a pod that it was meant for. */
    private int answers() throws IOException {
      Map<Integer, Sent> asked = new HashMap<>(sent);
      Map<Integer, Arrival> came = new HashMap<>(arrived);
      sent.clear();
      arrived.clear();
      for (Map.Entry<Integer, Arrival> one : came.entrySet()) {
        PredictedLeg there = taken(asked.get(one.getKey()), one.getValue());
        if (!(there.fate() instanceof PredictedLeg.Dies)) {
          Arrival at = one.getValue();
          FlowKey packet = at.packet().reversed();
          sent.put(
              one.getKey(),
              new Sent(
                  at.home(),
                  packet,
                  List.of(ask(Direction.REPLY, packet, at.home(), there.tracked()))));
          kernel.send(at.home(), packet, one.getKey());
        }
      }
      settle();
      sent.forEach((id, packet) -> check(packet, Optional.ofNullable(arrived.get(id))));
      return arrived.size();
    }
  }
}
