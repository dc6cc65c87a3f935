package io.podhop;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * Does what people ask of podhop most, so that the build can record which classes that takes (the
 * AOT cache of JEP 483, 514): answers of the commands, questions to a collector of its own on
 * loopback, and every class of podhop's for what only a node can run.
 */
@Command(name = "train", hidden = true, description = "Load what a start-up cache should hold.")
final class TrainCommand implements Callable<Integer> {
  private static final String READY = " ready on ";
  private static final int FILE_ROUNDS = 10;
  private static final List<List<String>> RUNS =
      List.of(List.of("version"), List.of("--help"), List.of("no-such-command"));

  @Override
  public Integer call() throws IOException {
    RUNS.forEach(run -> execute(new PrintWriter(Writer.nullWriter()), run));
    for (String entry : Objects.toString(System.getProperty("java.class.path")).split(":")) {
      if (entry.matches(".*/podhop-[^/]*\\.jar")) {
        load(Path.of(entry));
      }
    }
    flowsOfAFile();
    String collector = startCollector();
    for (List<String> question :
        List.of(
            List.of("trace", "shop/web-0", "shop/db-0", "--collector", collector),
            List.of("trace", "shop/web-0", "db", "-o", "json", "--collector", collector),
            List.of("flows", "--collector", collector),
            List.of("flows", "-o", "json", "--collector", collector),
            List.of("top", "--once", "--interval", "100ms", "--collector", collector),
            List.of("nodes", "--collector", collector))) {
      execute(new PrintWriter(Writer.nullWriter()), question);
    }
    return 0;
  }

  /** Often enough for the compilers to learn what of it is hot. */
  private static void flowsOfAFile() throws IOException {
    Path file = Files.createTempFile("podhop-train", ".pcapng");
    try {
      TrainTraffic.write(file);
      for (int round = 0; round < FILE_ROUNDS; round++) {
        execute(new PrintWriter(Writer.nullWriter()), List.of("flows", "--pcap", file.toString()));
      }
    } finally {
      Files.delete(file);
    }
  }

  /** Runs until the process ends. */
  private static String startCollector() throws IOException {
    PipedWriter said = new PipedWriter();
    BufferedReader heard = new BufferedReader(new PipedReader(said));
    PrintWriter out = new PrintWriter(said, true);
    Thread.ofPlatform()
        .daemon()
        .name("podhop-train-collector")
        .start(() -> execute(out, List.of("collector", "--listen", "127.0.0.1:0")));
    String line = String.valueOf(heard.readLine());
    int at = line.indexOf(READY);
    if (at < 0) {
      throw new IOException("the collector did not start: " + line);
    }
    return line.substring(at + READY.length());
  }

  private static void load(Path jar) throws IOException {
    try (JarFile classes = new JarFile(jar.toFile())) {
      for (JarEntry entry : (Iterable<JarEntry>) classes.stream()::iterator) {
        String name = entry.getName();
        if (name.endsWith(".class") && !name.endsWith("-info.class")) {
          load(name.substring(0, name.length() - ".class".length()).replace('/', '.'));
        }
      }
    }
  }

  private static void load(String className) throws IOException {
    try {
      Class.forName(className, false, TrainCommand.class.getClassLoader());
    } catch (ClassNotFoundException | LinkageError e) {
      throw new IOException("cannot load " + className + " from the packaged program", e);
    }
  }

  private static void execute(PrintWriter out, List<String> arguments) {
    CommandLine commandLine =
        Podhop.commandLine().setOut(out).setErr(new PrintWriter(Writer.nullWriter()));
    commandLine.execute(arguments.toArray(String[]::new));
  }
}
