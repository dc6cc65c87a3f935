package io.podhop;

import static org.assertj.core.api.Assertions.assertThat;

import io.podhop.e2e.Command;
import io.podhop.e2e.Command.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The packaged program, started as people start it. */
class LauncherIT {
  private static final Path LAUNCHER = Path.of("bin/podhop").toAbsolutePath();
  private static final Path PACKAGED = Path.of("target/podhop").toAbsolutePath();

  private Path scratch;

  @BeforeEach
  void makeScratchDirectory() throws IOException {
    scratch = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "launcher");
  }

  @Test
  void version_throughSymlinkFromElsewhere_printsVersionOnly() throws Exception {
    Path link = Files.createSymbolicLink(scratch.resolve("podhop"), LAUNCHER);

    Result result = run(Map.of(), link.toString(), "version");

    assertThat(result.err()).isEmpty();
    assertThat(result.out()).startsWith("podhop 0.").contains("Java 25");
    assertThat(result.exitCode()).isZero();
  }

  @Test
  void start_withRequiredCache_findsItUsable() throws Exception {
    Map<String, String> cacheOrNothing = Map.of("PODHOP_JAVA_OPTS", "-XX:AOTMode=on");

    Result result = run(cacheOrNothing, LAUNCHER.toString(), "version");

    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
  }

  @Test
  void start_withBrokenCache_runsWithoutAWord() throws Exception {
    for (String part : new String[] {"lib", "native", "logging.properties"}) {
      Files.createSymbolicLink(scratch.resolve(part), PACKAGED.resolve(part));
    }
    byte[] cache = Files.readAllBytes(PACKAGED.resolve("podhop.aot"));
    Files.write(scratch.resolve("podhop.aot"), Arrays.copyOf(cache, cache.length / 2));

    Result result = run(Map.of("PODHOP_HOME", scratch.toString()), LAUNCHER.toString(), "version");

    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
  }

  @Test
  void start_inMountNamespaceWithReadOnlyTmp_works() throws Exception {
    Result result =
        runIsolated("mount --bind /tmp /tmp && mount -o remount,bind,ro /tmp", "version");

    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
  }

  @Test
  void start_withoutJava25_saysWhatToInstall() throws Exception {
    Result result = runIsolated("mount -t tmpfs none /usr/lib/jvm", "version");

    assertThat(result.err()).contains("no Java 25").contains("temurin-25-jdk");
    assertThat(result.exitCode()).isEqualTo(127);
  }

  @Test
  void start_withPodhopJavaThatIsNot25_namesIt() throws Exception {
    Result result = run(Map.of("PODHOP_JAVA", scratch.toString()), LAUNCHER.toString(), "version");

    assertThat(result.err()).contains("PODHOP_JAVA=" + scratch);
    assertThat(result.exitCode()).isEqualTo(127);
  }

  @Test
  void start_beforeBuild_saysWhatToRun() throws Exception {
    Result result = run(Map.of("PODHOP_HOME", scratch.toString()), LAUNCHER.toString(), "version");

    assertThat(result.err()).contains("not built yet").contains("mvn package");
    assertThat(result.exitCode()).isEqualTo(127);
  }

  @Test
  void unknownCommand_exitsAsUsageError() throws Exception {
    Result result = run(Map.of(), LAUNCHER.toString(), "no-such-command");

    assertThat(result.err()).contains("no-such-command");
    assertThat(result.exitCode()).isEqualTo(2);
  }

  private Result runIsolated(String mount, String command) throws Exception {
    String script = mount + " && exec \"$0\" \"$@\"";
    return run(
        Map.of("JAVA_HOME", "", "PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
        "unshare",
        "--mount",
        "sh",
        "-c",
        script,
        LAUNCHER.toString(),
        command);
  }

  private Result run(Map<String, String> environment, String... words) {
    return Command.run(List.of(words), scratch, environment);
  }
}
