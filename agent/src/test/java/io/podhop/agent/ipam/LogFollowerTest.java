package io.podhop.agent.ipam;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFollowerTest {
  private final List<String> lines = new ArrayList<>();
  private Path file;
  private LogFollower follower;

  @TempDir Path directory;

  @BeforeEach
  void setUp() {
    file = directory.resolve("ipamd.log");
    follower = new LogFollower(file, new FollowLimits(64, 3, 1 << 20));
  }

  @AfterEach
  void tearDown() {
    follower.close();
  }

  @Test
  void poll_missingFileThatAppears_isFollowed() throws IOException {
    assertThat(follower.poll(lines::add)).isZero();
    assertThat(follower.isMissing()).isTrue();

    append("a\nb\n");

    assertThat(follower.poll(lines::add)).isEqualTo(2);
    assertThat(follower.isMissing()).isFalse();
    assertThat(lines).containsExactly("a", "b");
  }

  @Test
  void poll_halfLine_keptUntilItsEnd() throws IOException {
    append("one\ntw");
    follower.poll(lines::add);
    assertThat(lines).containsExactly("one");

    append("o\r\nthree");
    follower.poll(lines::add);
    append("\n");
    follower.poll(lines::add);

    assertThat(lines).containsExactly("one", "two", "three");
  }

  @Test
  void poll_renamedAndRecreated_nothingLostOrTwice() throws IOException {
    append("1\n2\n");
    follower.poll(lines::add);
    append("3\nhalf");
    rotate("2026-03-01T10-00-00.000");
    append("4\n");
    follower.poll(lines::add);

    assertThat(lines).containsExactly("1", "2", "3", "half", "4");
    assertThat(follower.rotations()).isEqualTo(1);
    assertThat(follower.truncations()).isZero();
  }

  @Test
  void poll_rotatedTwiceBetweenPolls_readsTheOneBetween() throws IOException {
    append("1\n");
    follower.poll(lines::add);
    rotate("2026-03-01T10-00-00.000");
    append("2\n");
    rotate("2026-03-01T11-00-00.000");
    append("3\n");
    follower.poll(lines::add);

    assertThat(lines).containsExactly("1", "2", "3");
  }

  @Test
  void poll_rotatedAndNotYetRecreated_goesOnWithTheOldOne() throws IOException {
    append("1\n");
    follower.poll(lines::add);
    Path old = rotate("2026-03-01T10-00-00.000");
    Files.writeString(old, "2\n", StandardOpenOption.APPEND);
    follower.poll(lines::add);
    append("3\n");
    follower.poll(lines::add);

    assertThat(lines).containsExactly("1", "2", "3");
  }

  @Test
  void poll_truncated_startsAgain() throws IOException {
    append("long first line\nsecond\n");
    follower.poll(lines::add);
    Files.writeString(file, "new\n");
    follower.poll(lines::add);

    assertThat(lines).containsExactly("long first line", "second", "new");
    assertThat(follower.truncations()).isEqualTo(1);
  }

  @Test
  void poll_truncatedAndRegrownPastThePosition_startsAgain() throws IOException {
    append("a\n");
    follower.poll(lines::add);
    Files.writeString(file, "b\nc\nd\n");
    follower.poll(lines::add);

    assertThat(lines).containsExactly("a", "b", "c", "d");
    assertThat(follower.truncations()).isEqualTo(1);
  }

  @Test
  void poll_oversizedLine_cutAndCounted() throws IOException {
    append("x".repeat(1000) + "\nshort\n");
    follower.poll(lines::add);

    assertThat(lines).containsExactly("x".repeat(64), "short");
    assertThat(follower.cutLines()).isEqualTo(1);
  }

  @Test
  void poll_invalidUtf8_replacedAndGoesOn() throws IOException {
    Files.write(file, new byte[] {'a', (byte) 0xff, 'b', '\n', 'c', '\n'});
    follower.poll(lines::add);

    assertThat(lines).containsExactly("a\uFFFDb", "c");
  }

  @Test
  void poll_backupsOfBothGenerations_newestWithinTheBoundOldestFirst() throws IOException {
    Files.writeString(directory.resolve("ipamd.log.2019-03-12-20"), "seelog\n");
    gzip("ipamd-2024-01-01T00-00-00.000.log.gz", "gz1\n");
    gzip("ipamd-2024-01-02T00-00-00.000.log.gz", "gz2\n");
    Files.writeString(directory.resolve("ipamd-2024-01-03T00-00-00.000.log"), "plain\n");
    Files.writeString(directory.resolve("ipamd-notes.txt"), "not mine\n");
    append("now\n");
    follower.poll(lines::add);
    follower.poll(lines::add);

    assertThat(lines).containsExactlyInAnyOrder("seelog", "gz2", "plain", "now");
    assertThat(lines).endsWith("now");
  }

  @Test
  void poll_brokenGzip_countedAndTheRestRead() throws IOException {
    Files.write(directory.resolve("ipamd-2024-01-01T00-00-00.000.log.gz"), new byte[40]);
    append("now\n");
    follower.poll(lines::add);

    assertThat(lines).containsExactly("now");
    assertThat(follower.readFailures()).isEqualTo(1);
  }

  @Test
  void poll_randomChunksAndRotations_everyLineOnceInOrder() throws IOException {
    Random random = new Random(7);
    StringBuilder pending = new StringBuilder();
    List<String> written = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      written.add("line " + i);
      pending.append("line ").append(i).append('\n');
      int take = random.nextInt(pending.length() + 1);
      append(pending.substring(0, take));
      pending.delete(0, take);
      if (endsAtLine() && random.nextInt(40) == 0) {
        rotate(String.format("2026-03-01T10-00-00.%04d", i));
      }
      if (random.nextInt(3) == 0) {
        follower.poll(lines::add);
      }
    }
    append(pending.toString());
    follower.poll(lines::add);
    follower.poll(lines::add);

    assertThat(lines).isEqualTo(written);
  }

  private boolean endsAtLine() throws IOException {
    byte[] bytes = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
    return bytes.length > 0 && bytes[bytes.length - 1] == '\n';
  }

  private void append(String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private Path rotate(String stamp) throws IOException {
    return Files.move(file, directory.resolve("ipamd-" + stamp + ".log"));
  }

  private void gzip(String name, String text) throws IOException {
    try (GZIPOutputStream out =
        new GZIPOutputStream(Files.newOutputStream(directory.resolve(name)))) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }
}
