package io.podhop.agent.nat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Random rules and packets: what the evaluator says equals what the kernel did, for every packet's
 * arrival and every connection's entry, and for how often each rule matched.
 */
@Timeout(180)
class NatKernelPropertyTest {
  private static final int ROUNDS = 8;
  private static final int PACKETS = 40;
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  @TempDir Path scratch;

  @ParameterizedTest
  @CsvSource({"true, legacy", "true, nft", "false, legacy", "false, nft"})
  void evaluate_randomRulesAndPackets_asTheKernelDid(boolean ipv4, String backend)
      throws Exception {
    int arrived = 0;
    long translated = 0;
    try (KernelNode kernel = new KernelNode(ipv4, backend, scratch)) {
      for (int round = 0; round < ROUNDS; round++) {
        Round one = new Round(kernel, new Random(7_000 + round + (ipv4 ? 0 : 100)), round);
        arrived += one.run();
        translated += one.translated();
      }
    }
    assertThat(arrived).as("packets that arrived").isGreaterThan(ROUNDS * PACKETS / 2);
    assertThat(translated).as("connections translated").isGreaterThan(ROUNDS * PACKETS / 10);
  }

  /** One rule set and its packets: first ones, answers, and the same again. */
  private static final class Round {
    private final KernelNode kernel;
    private final Random random;
    private final NodeModel model;
    private final String name;
    private final List<FlowKey> packets = new ArrayList<>();
    private final Map<Long, FlowKey> expected = new HashMap<>();
    private final Map<Long, FlowKey> arrived = new HashMap<>();

    Round(KernelNode kernel, Random random, int number) throws IOException {
      this.kernel = kernel;
      this.random = random;
      String rules = new RandomRules(random, kernel.plan).text();
      this.name = "round " + number;
      kernel.load(rules);
      this.model = new NodeModel(kernel.plan, kernel.read());
      for (int i = 0; i < PACKETS; i++) {
        packets.add(packet(10_000 + number * PACKETS + i));
      }
      kernel.bindSources(packets);
    }

    private FlowKey packet(int sourcePort) {
      List<String> sources =
          switch (random.nextInt(4)) {
            case 0 -> kernel.plan.worlds();
            case 1 -> kernel.plan.nodes().subList(0, 2);
            default -> kernel.plan.pods();
          };
      String source = pick(sources);
      List<String> destinations = new ArrayList<>(kernel.plan.all());
      destinations.removeAll(
          kernel.plan.pods().contains(source)
              ? kernel.plan.pods()
              : kernel.plan.worlds().contains(source) ? kernel.plan.worlds() : kernel.plan.nodes());
      return new FlowKey(
          random.nextInt(5) == 0 ? Protocol.TCP : Protocol.UDP,
          IpAddress.parse(source),
          sourcePort,
          IpAddress.parse(pick(destinations)),
          KernelNode.PORTS.get(random.nextInt(4)));
    }

    private String pick(List<String> all) {
      return all.get(random.nextInt(all.size()));
    }

    /** How many packets arrived. */
    int run() throws Exception {
      for (int id = 0; id < packets.size(); id++) {
        send(packets.get(id), id, 1);
      }
      check("first packets");
      for (int id = 0; id < packets.size(); id++) {
        FlowKey got = expected.get(key(id, 1));
        boolean throughNode = got != null && !home(got.source()).equals(home(got.destination()));
        // Answers to what is not tracked would begin connections, whose tuples may clash.
        if (throughNode && model.knows(got.reversed())) {
          send(got.reversed(), id, 2);
        }
      }
      check("answers");
      for (int id = 0; id < packets.size(); id++) {
        if (packets.get(id).protocol() == Protocol.UDP) {
          send(packets.get(id), id, 3);
        }
      }
      check("later packets");
      kernel.forget();
      return arrived.size();
    }

    long translated() {
      return model.connections().entrySet().stream()
          .filter(entry -> !entry.getValue().startsWith(entry.getKey().reversed().toString()))
          .count();
    }

    private String home(IpAddress address) {
      return kernel.plan.towards(address.toString());
    }

    private void send(FlowKey packet, int id, int phase) throws IOException {
      model
          .send(packet, home(packet.source()))
          .filter(got -> got.protocol() == Protocol.UDP)
          .filter(got -> kernel.listens(got.destination(), got.destinationPort()))
          .ifPresent(got -> expected.put(key(id, phase), got));
      kernel.send(packet, id, phase);
    }

    private static long key(int id, int phase) {
      return (long) id << 32 | phase;
    }

    private void check(String phase) throws Exception {
      await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(2))
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                kernel.receive(arrived);
                assertThat(difference(arrived, expected))
                    .as("%s, %s: arrivals", name, phase)
                    .isEmpty();
              });
      Map<String, Long> counted = counted();
      Map<String, Long> said = new TreeMap<>(model.counters());
      said.keySet().retainAll(counted.keySet());
      counted.keySet().forEach(rule -> said.putIfAbsent(rule, 0L));
      assertThat(difference(counted, said)).as("%s, %s: counters", name, phase).isEmpty();
      Map<FlowKey, String> entries = new HashMap<>();
      for (ConntrackEntry entry : kernel.connections()) {
        if (!entry.original().protocol().isIcmp()) {
          entries.put(
              entry.original(), entry.replyTuple() + " mark " + Integer.toHexString(entry.mark()));
        }
      }
      assertThat(difference(entries, model.connections()))
          .as("%s, %s: connections", name, phase)
          .isEmpty();
    }

    private static <K> List<String> difference(Map<K, ?> kernel, Map<K, ?> said) {
      List<String> lines = new ArrayList<>();
      Set<K> keys = new LinkedHashSet<>(kernel.keySet());
      keys.addAll(said.keySet());
      for (K key : keys) {
        if (!Objects.equals(kernel.get(key), said.get(key))) {
          lines.add(key + ": kernel " + kernel.get(key) + ", said " + said.get(key));
        }
      }
      return lines;
    }

    /** Without the rules that keep the kernel's own messages away. */
    private Map<String, Long> counted() throws IOException {
      Map<String, Long> counted = new TreeMap<>();
      kernel
          .read()
          .iptables()
          .flatMap(Ruleset::rules)
          .filter(rule -> !rule.comment().equals("fixed"))
          .forEach(rule -> counted.put(NodeModel.key(rule), rule.packets()));
      return counted;
    }
  }
}
