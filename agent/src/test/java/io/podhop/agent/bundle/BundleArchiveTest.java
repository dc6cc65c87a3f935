package io.podhop.agent.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.podhop.agent.linux.TestNamespace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BundleArchiveTest {
  private static final String RULES = "networking/iprule.txt";
  private static final String ROUTES = "networking/iproute.txt";
  private static final String LOG = "var_log/aws-routed-eni/ipamd.log";
  private static final BundleLimits SMALL = new BundleLimits(20, 1 << 20, 4096, 4096, 50);

  @TempDir private Path temp;

  static Stream<Arguments> hostile() {
    return Stream.of(
        arguments("absolute path", good().file("/etc/iprule.txt", "x"), "absolute path"),
        arguments("upwards", good().file("networking/../../iprule.txt", "x"), "leaves the bundle"),
        arguments("upwards inside", good().file("a/../iprule.txt", "x"), "leaves the bundle"),
        arguments("directory upwards", good().directory("../x/"), "leaves the bundle"),
        arguments("control characters", good().file("iprule\u0007.txt", "x"), "no usable name"),
        arguments("twice", good().file("./" + RULES, "other"), "is there twice"),
        arguments("no name", good().file("", "x"), "is there twice"),
        arguments("file and directory", good().directory("x").file("x", "y"), "is there twice"),
        arguments(
            "link outside", good().link('2', "iprule.txt", "/etc/passwd"), "link that leaves"),
        arguments("link upwards", good().link('2', "a/l", "../../passwd"), "link that leaves"),
        arguments("hard link outside", good().link('1', "a/l", "/etc/passwd"), "absolute path"),
        arguments("hard link upwards", good().link('1', "a/l", "a/../../p"), "leaves the bundle"),
        arguments("character device", good().link('3', "null", ""), "device"),
        arguments("block device", good().link('4', "sda", ""), "device"),
        arguments("pipe", good().link('6', "iprule.txt", ""), "a pipe"),
        arguments("sparse file", good().link('S', "iprule.txt", ""), "unknown kind"),
        arguments("pax sparse file", pax("GNU.sparse.major=1").file("x", "y"), "sparse file"),
        arguments("pax path", pax("path=../../x").file("x", "y"), "leaves the bundle"),
        arguments("pax size", pax("size=-1").file("x", "y"), "is damaged: its size"),
        arguments("pax time", pax("mtime=9e99").file("x", "y"), "is damaged: its time"),
        arguments("pax length", good().member('x', "p", "", bytes("99 a=b\n")), "is damaged"),
        arguments("long header", good().sized('L', "l", 2 << 20, bytes("x")), "extended header"),
        arguments("many headers", headers(), "extended headers in turn"),
        arguments("file beyond the end", good().sized('0', "b", 1 << 30, bytes("x")), "too early"),
        arguments("not octal", good().raw(badSize()), "is damaged: its number"),
        arguments("no header", good().raw(new byte[512 * 3 + 1]).raw(bytes("x")), ""));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("hostile")
  void open_hostileArchive_refusesAndSaysWhy(String kind, TarBytes tar, String reason)
      throws IOException {
    for (byte[] bytes : List.of(tar.tar(), tar.tgz())) {
      if (reason.isEmpty()) {
        // What stands behind the archive's end is no part of it.
        assertThat(open(bytes)).as(kind).containsKey(RULES);
      } else {
        assertThatThrownBy(() -> open(bytes))
            .isInstanceOf(BundleException.class)
            .hasMessageContaining("bundle")
            .hasMessageContaining(reason);
      }
    }
  }

  @Test
  void open_bombOfZeros_isRefusedWhileInflating() {
    byte[] bomb = good().file("zeros.log", new byte[64 << 20]).tgz();

    assertThatThrownBy(() -> open(bomb)).hasMessageContaining("200 times its size");
  }

  @Test
  void open_moreThanTheLimits_isRefused() throws IOException {
    TarBytes many = good();
    for (int i = 0; i < 20; i++) {
      many.file("f" + i, "");
    }
    byte[] noise = new byte[2 << 20];
    new Random(1).nextBytes(noise);

    assertThatThrownBy(() -> open(many.tgz(), SMALL)).hasMessageContaining("more than 20 entries");
    assertThatThrownBy(() -> open(good().file("noise", noise).tgz(), SMALL))
        .hasMessageContaining("unpacks to more than 1048576 bytes");
    assertThatThrownBy(() -> open(good().file("a/iprule.txt", new byte[4097]).tgz(), SMALL))
        .hasMessageContaining("'a/iprule.txt' has 4097 bytes");
  }

  @Test
  void open_longLog_readsItsEnd() throws IOException {
    String text = "x".repeat(5000) + "\nlast\n";
    Map<String, String> unpacked = open(new TarBytes().file(LOG, text).tgz(), SMALL);
    Path directory = directory(Map.of(LOG, text));

    assertThat(unpacked.get(LOG)).hasSize(4096).endsWith("xx\nlast\n");
    assertThat(read(directory, SMALL)).isEqualTo(unpacked);
  }

  @Test
  void open_sameFilesAsDirectoryTarAndTgz_areEqual() throws IOException {
    Map<String, String> files = Map.of(RULES, "rules", ROUTES, "routes", LOG, "log");
    TarBytes tar = new TarBytes().directory("./");
    files.forEach((name, text) -> tar.file("./" + name, text));

    assertThat(open(tar.tar())).isEqualTo(files);
    assertThat(open(tar.tgz())).isEqualTo(files);
    assertThat(read(directory(files), BundleLimits.DEFAULT)).isEqualTo(files);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gnu", "pax", "ustar", "v7"})
  void open_archiveOfTheTarTool_isReadInEachOfItsFormats(String format) throws IOException {
    String deep = format.equals("v7") ? "deep/" : "deep-directory-name/".repeat(7);
    Map<String, String> files = Map.of(RULES, "rules", deep + "iproute.txt", "routes");
    Path directory = directory(files);
    Files.createLink(directory.resolve("networking/ip6rule.txt"), directory.resolve(RULES));
    Files.createSymbolicLink(directory.resolve("networking/ip6route.txt"), Path.of("iprule.txt"));
    Path archive = temp.resolve("bundle.tar.gz");
    TestNamespace.run(
        "tar", "--format=" + format, "-czf", archive.toString(), "-C", directory.toString(), ".");

    Map<String, String> found = read(archive, BundleLimits.DEFAULT);

    assertThat(found).containsAllEntriesOf(files);
    assertThat(found).containsEntry("networking/ip6rule.txt", "rules");
    assertThat(found).containsEntry("networking/ip6route.txt", "rules");
    assertThat(read(directory, BundleLimits.DEFAULT)).isEqualTo(found);
  }

  @Test
  void open_filesThatPodhopDoesNotRead_areNotUnpacked() throws IOException {
    assertThat(open(good().file("system/ps.txt", "x").tgz())).doesNotContainKey("system/ps.txt");
  }

  @Test
  void open_cutAnywhere_saysThatItEndsTooEarlyAndWhere() {
    byte[] tar = good().tar();
    byte[] tgz = good().tgz();
    for (int length = 1; length < tar.length - 1024; length += 37) {
      byte[] cut = Arrays.copyOf(tar, length);
      assertThatThrownBy(() -> open(cut)).hasMessageContaining("ends too early");
    }
    for (int length = 20; length < tgz.length; length++) {
      byte[] cut = Arrays.copyOf(tgz, length);
      assertThatThrownBy(() -> open(cut))
          .isInstanceOf(BundleException.class)
          .hasMessageMatching("(?s).*(ends too early|cannot read).*");
    }
  }

  @Test
  void open_notABundle_saysWhatItIs() throws IOException {
    assertThatThrownBy(() -> open(bytes("PK\u0003\u0004zip"))).hasMessageContaining("zip archive");
    assertThatThrownBy(() -> open(new byte[0])).hasMessageContaining("is empty");
    assertThatThrownBy(() -> open("text ".repeat(200).getBytes(StandardCharsets.UTF_8)))
        .hasMessageContaining("no tar archive");
    assertThatThrownBy(() -> open(TarBytes.gzip(new byte[0]))).hasMessageContaining("too early");
    assertThatThrownBy(() -> BundleArchive.open(temp.resolve("none")))
        .hasMessageContaining("there is no such file");
    assertThatThrownBy(() -> BundleArchive.open(Path.of("/dev/null")))
        .hasMessageContaining("neither a directory nor a file");
  }

  @Test
  void open_randomlyDamaged_neverFailsOtherwiseThanItSaysNorEscapes() throws IOException {
    byte[] tar = good().link('2', "networking/ip6rule.txt", "iprule.txt").tar();
    Random random = new Random(20251125);
    int opened = 0;
    for (int round = 0; round < 4000; round++) {
      byte[] bytes = tar.clone();
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      if (random.nextBoolean()) {
        // Otherwise nearly all damage would end at the checksum.
        reseal(bytes);
      }
      byte[] damaged = random.nextInt(4) == 0 ? TarBytes.gzip(bytes) : bytes;
      if (damaged != bytes && random.nextBoolean()) {
        damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      }
      opened += openDamaged(damaged) ? 1 : 0;
    }
    assertThat(opened).isBetween(100, 3900);
  }

  private boolean openDamaged(byte[] bytes) throws IOException {
    Path file = Files.write(temp.resolve("damaged"), bytes);
    try (BundleArchive archive = BundleArchive.open(file, SMALL)) {
      for (BundleFile content : archive.files().values()) {
        assertThat(content.content().getParent().getFileName().toString())
            .startsWith("podhop-bundle-");
        assertThat(content.name()).doesNotStartWith("/").doesNotContain("..");
        archive.text(content);
      }
      return true;
    } catch (BundleException e) {
      assertThat(e).hasMessageContaining("bundle");
      return false;
    }
  }

  @Test
  void directory_withLinks_followsThoseInsideAndRefusesOthers() throws IOException {
    Path directory = directory(Map.of(RULES, "rules"));
    Files.createSymbolicLink(directory.resolve("iproute.txt"), Path.of(RULES));
    assertThat(read(directory, BundleLimits.DEFAULT)).containsEntry("iproute.txt", "rules");

    Path out = Files.createSymbolicLink(directory.resolve("out.txt"), Path.of("/etc/passwd"));
    assertThatThrownBy(() -> BundleArchive.open(directory))
        .hasMessageContaining("link that leaves");
    Files.delete(out);

    Files.createSymbolicLink(directory.resolve("none.txt"), Path.of("nowhere"));
    assertThatThrownBy(() -> BundleArchive.open(directory)).hasMessageContaining("leads nowhere");
  }

  @Test
  void directory_withAPipe_isRefusedAndNotWaitedFor() throws IOException {
    Path directory = directory(Map.of(RULES, "rules"));
    TestNamespace.run("mkfifo", directory.resolve("networking/iproute.txt").toString());

    assertThatThrownBy(() -> BundleArchive.open(directory)).hasMessageContaining("a pipe");
  }

  @Test
  void close_removesWhatWasUnpackedAndNobodyElseCouldEnter() throws IOException {
    Path archive = Files.write(temp.resolve("b.tgz"), good().tgz());
    Path unpacked;
    try (BundleArchive bundle = BundleArchive.open(archive)) {
      unpacked = bundle.files().get(RULES).content().getParent();
      assertThat(Files.getPosixFilePermissions(unpacked)).hasSize(3);
    }
    assertThat(unpacked).doesNotExist();
  }

  private static TarBytes good() {
    return new TarBytes().directory("./").file("./" + RULES, "rules").file(LOG, "log");
  }

  private static TarBytes pax(String pair) {
    String record = (pair.length() + 4) + " " + pair + "\n";
    return good().member('x', "PaxHeaders/x", "", bytes(record));
  }

  private static TarBytes headers() {
    TarBytes tar = good();
    for (int i = 0; i < 20; i++) {
      tar.member('L', "././@LongLink", "", bytes("name"));
    }
    return tar;
  }

  private static byte[] badSize() {
    byte[] block = TarBytes.header('0', "x", "", 0);
    block[124] = '9';
    return TarBytes.sealed(block);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void reseal(byte[] tar) {
    for (int at = 0; at + 512 <= tar.length; at += 512) {
      byte[] block = Arrays.copyOfRange(tar, at, at + 512);
      if (block[257] == 'u' && block[258] == 's') {
        System.arraycopy(TarBytes.sealed(block), 0, tar, at, 512);
      }
    }
  }

  private Map<String, String> open(byte[] archive) throws IOException {
    return open(archive, BundleLimits.DEFAULT);
  }

  private Map<String, String> open(byte[] archive, BundleLimits limits) throws IOException {
    return read(Files.write(temp.resolve("archive"), archive), limits);
  }

  private static Map<String, String> read(Path bundle, BundleLimits limits) throws IOException {
    try (BundleArchive archive = BundleArchive.open(bundle, limits)) {
      Map<String, String> texts = new LinkedHashMap<>();
      for (String name : archive.names()) {
        texts.put(name, archive.text(archive.files().get(name)).text());
      }
      return texts;
    }
  }

  private Path directory(Map<String, String> files) throws IOException {
    Path directory = Files.createTempDirectory(temp, "unpacked");
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = directory.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
    return directory;
  }
}
