package io.podhop.agent.ipam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.podhop.agent.ipam.FakeNode.Release;
import io.podhop.agent.ipam.FakeNode.Truth;
import io.podhop.model.IpAddress;
import io.podhop.model.PodRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AddressHistoryPropertyTest {
  private static final int STEPS = 4000;
  private static final int QUESTIONS = 4000;

  @TempDir Path logs;
  @TempDir Path state;

  @ParameterizedTest
  @EnumSource(Release.class)
  void poll_randomPodsRestartsAndRotations_historyIsTheTruth(Release release) throws IOException {
    Random random = new Random(41 + release.ordinal());
    FakeNode node = new FakeNode(release, random, logs, state);
    Instant begin = node.now();
    try (IpamReader reader = new IpamReader(logs, state)) {
      for (int i = 1; i <= STEPS; i++) {
        node.step();
        if (random.nextInt(12) == 0) {
          node.flush(false);
          reader.poll();
        }
        if (i % 1000 == 0) {
          node.settle();
          assertIsTruth(node, reader.poll());
        }
      }
      assertAnswers(node, reader.poll(), begin, random, false);
    }
    assertThat(node.rotations).isPositive();
    assertThat(node.restarts).isNotEmpty();
    assertAfterOwnRestart(node, begin, random);
  }

  /** A new agent rebuilds it from the files; with older files gone it knows less, but not wrong. */
  private void assertAfterOwnRestart(FakeNode node, Instant begin, Random random)
      throws IOException {
    try (IpamReader again = new IpamReader(logs, state)) {
      IpamSnapshot rebuilt = again.poll();
      assertIsTruth(node, rebuilt);
      assertAnswers(node, rebuilt, begin, random, false);
    }
    try (Stream<Path> files = Files.list(logs)) {
      List<Path> backups = files.filter(f -> f.toString().contains("ipamd-")).sorted().toList();
      for (Path old : backups.subList(0, backups.size() - 2)) {
        Files.delete(old);
      }
    }
    Files.delete(logs.resolve("plugin.log"));
    try (IpamReader late = new IpamReader(logs, state)) {
      IpamSnapshot partial = late.poll();
      assertThat(partial.knownSince().orElseThrow()).isAfter(begin);
      assertAnswers(node, partial, begin, random, true);
    }
  }

  private static void assertIsTruth(FakeNode node, IpamSnapshot snapshot) {
    node.truth.forEach(
        (address, truths) ->
            assertThat(snapshot.historyOf(address).stream().map(AddressHistoryPropertyTest::text))
                .as("%s", address)
                .containsExactlyElementsOf(
                    truths.stream().map(AddressHistoryPropertyTest::text).toList()));
    assertThat(snapshot.counters().unparsedLines()).isZero();
    assertThat(snapshot.counters().forgottenAllocations()).isZero();
  }

  private static String text(Allocation holding) {
    return holding.containerId()
        + " "
        + holding.pod().map(PodRef::name).orElse("?")
        + " "
        + holding.from()
        + " "
        + holding.until();
  }

  private static String text(Truth truth) {
    return truth.containerId + " " + truth.pod + " " + truth.from + " " + truth.until;
  }

  private static void assertAnswers(
      FakeNode node, IpamSnapshot snapshot, Instant begin, Random random, boolean mayNotKnow) {
    List<IpAddress> addresses = new ArrayList<>(node.truth.keySet());
    long spanMs = Duration.between(begin, node.now()).toMillis();
    int unknown = 0;
    for (int i = 0; i < QUESTIONS; i++) {
      IpAddress address = addresses.get(random.nextInt(addresses.size()));
      Instant at = begin.plusMillis(random.nextLong(spanMs));
      Optional<Truth> holder =
          node.truth.get(address).stream().filter(truth -> truth.covers(at)).findFirst();
      switch (snapshot.stateAt(address, at)) {
        case AddressState.Held held ->
            assertThat(held.by().containerId())
                .as("%s at %s", address, at)
                .isEqualTo(holder.map(truth -> truth.containerId).orElse("nobody"));
        case AddressState.InCooldown cooling -> {
          assertThat(holder).as("%s at %s", address, at).isEmpty();
          assertThat(cools(node, address, at)).isTrue();
        }
        case AddressState.Free _ -> {
          assertThat(holder).as("%s at %s", address, at).isEmpty();
          assertThat(cools(node, address, at)).as("%s at %s", address, at).isFalse();
        }
        case AddressState.Unknown why -> {
          unknown++;
          if (!mayNotKnow) {
            fail("%s at %s: %s".formatted(address, at, why));
          }
        }
      }
    }
    assertThat(unknown).isLessThan(mayNotKnow ? QUESTIONS : 1);
  }

  /** A release begins a cooldown, which ends when it is over or when ipamd forgets it. */
  private static boolean cools(FakeNode node, IpAddress address, Instant at) {
    return node.truth.get(address).stream()
        .flatMap(truth -> truth.until.stream())
        .filter(end -> !node.deaths.contains(end))
        .filter(end -> !end.isAfter(at) && at.isBefore(end.plus(Cooling.USUAL)))
        .anyMatch(
            end ->
                node.restarts.stream()
                    .noneMatch(restart -> restart.isAfter(end) && !restart.isAfter(at)));
  }
}
