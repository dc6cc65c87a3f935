package io.podhop.agent.ipam;

import static io.podhop.agent.ipam.LogLines.ip;

import io.podhop.model.IpAddress;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;

/**
 * A node with an ipamd of some release: pods come and go at random, interleaved, and what ipamd and
 * the plugin would log of it goes to files, with rotation and restarts. Remembers the truth.
 */
final class FakeNode {
  /** How a generation writes its log. */
  enum Release {
    SEELOG_1_5,
    JSON_1_7,
    JSON_1_16,
    JSON_1_21
  }

  /** Who really had an address. */
  static final class Truth {
    final IpAddress address;
    final String containerId;
    final String pod;
    final Instant from;
    Optional<Instant> until = Optional.empty();

    Truth(IpAddress address, String containerId, String pod, Instant from) {
      this.address = address;
      this.containerId = containerId;
      this.pod = pod;
      this.from = from;
    }

    boolean covers(Instant at) {
      return !at.isBefore(from) && (until.isEmpty() || at.isBefore(until.get()));
    }
  }

  private static final int ADDRESSES = 120;
  private static final DateTimeFormatter HOST_ZONE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSxx").withZone(ZoneOffset.ofHours(9));
  private static final DateTimeFormatter BACKUP =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH-mm-ss.SSS").withZone(ZoneOffset.UTC);

  private final Release release;
  private final Random random;
  private final Path logs;
  private final Path state;
  private final StringBuilder ipamd = new StringBuilder();
  private final StringBuilder plugin = new StringBuilder();
  private final Map<IpAddress, Truth> held = new TreeMap<>();
  private final Map<IpAddress, Instant> coolingUntil = new TreeMap<>();
  private final List<Deque<Runnable>> running = new ArrayList<>();
  private final List<IpAddress> reserved = new ArrayList<>();
  private final List<String> leaving = new ArrayList<>();
  private final List<Path> plain = new ArrayList<>();
  private Instant now = Instant.parse("2026-03-01T10:00:00.000Z");
  private Instant written = now;
  private int pods;
  int rotations;
  final List<Instant> restarts = new ArrayList<>();

  /** When pods were found dead at a restart: no cooldown follows. */
  final List<Instant> deaths = new ArrayList<>();

  final Map<IpAddress, List<Truth>> truth = new TreeMap<>();

  FakeNode(Release release, Random random, Path logs, Path state) {
    this.release = release;
    this.random = random;
    this.logs = logs;
    this.state = state;
    ipamd("Starting L-IPAMD v1.0  ...");
  }

  Instant now() {
    return now;
  }

  /** One thing happens: a pod comes or goes, one of those under way goes on, ipamd restarts. */
  void step() throws IOException {
    now = now.plusMillis(1 + random.nextInt(2500));
    int what = random.nextInt(100);
    if (what < 20 && running.size() < 8) {
      add();
    } else if (what < 38 && !held.isEmpty()) {
      delete();
    } else if (what < 39) {
      restart();
    } else if (what < 41 && rotations < 20) {
      rotate();
    } else if (!running.isEmpty()) {
      goOn(random.nextInt(running.size()));
    }
  }

  /** Everything under way ends, and everything is on disk. */
  void settle() throws IOException {
    while (!running.isEmpty()) {
      now = now.plusMillis(7);
      goOn(0);
    }
    flush(true);
  }

  /** Puts what was logged on disk; the plugin's only now and then, as another process does. */
  void flush(boolean both) throws IOException {
    append("ipamd.log", ipamd);
    if (both || random.nextBoolean()) {
      append("plugin.log", plugin);
    }
    if (release != Release.SEELOG_1_5) {
      writeState();
    }
  }

  private void goOn(int which) {
    Deque<Runnable> pod = running.get(which);
    pod.removeFirst().run();
    if (pod.isEmpty()) {
      running.remove(which);
    }
  }

  private List<IpAddress> free() {
    List<IpAddress> free = new ArrayList<>();
    for (int i = 0; i < ADDRESSES; i++) {
      IpAddress address = ip("10.1.2." + (i + 1));
      boolean cooling = coolingUntil.getOrDefault(address, Instant.EPOCH).isAfter(now);
      if (!cooling && !held.containsKey(address) && !reserved.contains(address)) {
        free.add(address);
      }
    }
    return free;
  }

  private void add() {
    List<IpAddress> free = free();
    if (free.isEmpty()) {
      return;
    }
    int number = ++pods;
    String cid = String.format("%064x", 0xabc0000L + number);
    String pod = "web-" + number;
    String netns = "/var/run/netns/cni-" + number;
    IpAddress address = free.get(random.nextInt(free.size()));
    reserved.add(address);
    FakeLines lines = new FakeLines(release, cid, pod, netns, address);
    Deque<Runnable> steps = new ArrayDeque<>();
    steps.add(() -> plugin(lines.cni("add")));
    steps.add(() -> ipamd(lines.addReceived()));
    steps.add(
        () -> {
          ipamd(lines.assign());
          Truth truthNow = new Truth(address, cid, pod, now);
          truth.computeIfAbsent(address, _ -> new ArrayList<>()).add(truthNow);
          held.put(address, truthNow);
          reserved.remove(address);
          written = now;
        });
    steps.add(() -> ipamd(lines.reply()));
    steps.add(() -> plugin(lines.response()));
    steps.add(() -> plugin(lines.setup()));
    steps.add(
        () ->
            plugin(
                List.of(
                    "Successfully setup toContainer rule, containerAddr="
                        + address
                        + "/32, rtTable=main")));
    running.add(steps);
  }

  private void delete() {
    List<Truth> all = new ArrayList<>(held.values());
    Truth victim = all.get(random.nextInt(all.size()));
    if (leaving.contains(victim.containerId)) {
      return;
    }
    leaving.add(victim.containerId);
    String netns = "/var/run/netns/cni-" + victim.pod.substring("web-".length());
    FakeLines lines = new FakeLines(release, victim.containerId, victim.pod, netns, victim.address);
    Deque<Runnable> steps = new ArrayDeque<>();
    steps.add(() -> plugin(lines.cni("del")));
    steps.add(() -> ipamd(lines.delReceived()));
    steps.add(
        () -> {
          if (victim.until.isPresent()) {
            return;
          }
          ipamd(lines.unassign(now));
          victim.until = Optional.of(now);
          held.remove(victim.address);
          coolingUntil.put(victim.address, now.plus(Cooling.USUAL));
          written = now;
        });
    running.add(steps);
  }

  /** ipamd forgets its cooldowns and takes its state file over; a pod may have died meanwhile. */
  private void restart() {
    coolingUntil.clear();
    restarts.add(now);
    ipamd("Starting L-IPAMD v1.0  ...");
    if (release == Release.SEELOG_1_5) {
      return;
    }
    now = now.plusMillis(3);
    ipamd("Begin ipam state recovery from backing store");
    List<Truth> all = new ArrayList<>(held.values());
    if (!all.isEmpty() && random.nextBoolean()) {
      Truth dead = all.remove(random.nextInt(all.size()));
      ipamd(
          "stale IP allocation for ID(aws-cni/"
              + dead.containerId
              + "/eth0): IPv4("
              + dead.address
              + "), IPv6() due to host-side veth not found for pod shop/"
              + dead.pod);
      dead.until = Optional.of(now);
      deaths.add(now);
      held.remove(dead.address);
      written = now;
    }
    for (Truth truthNow : all) {
      ipamd("Recovered aws-cni/" + truthNow.containerId + "/eth0 => eni-1/" + truthNow.address);
    }
    ipamd("Completed ipam state recovery");
  }

  private void rotate() throws IOException {
    append("ipamd.log", ipamd);
    Path file = logs.resolve("ipamd.log");
    if (!Files.exists(file)) {
      return;
    }
    rotations++;
    plain.forEach(FakeNode::compress);
    plain.clear();
    plain.add(Files.move(file, logs.resolve("ipamd-" + BACKUP.format(now) + ".log")));
    ipamd("Constructed new logger instance");
    append("ipamd.log", ipamd);
  }

  private static void compress(Path backup) {
    try {
      Path packed = Path.of(backup + ".gz");
      try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
        Files.copy(backup, out);
      }
      Files.delete(backup);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void ipamd(String message) {
    ipamd(List.of(message));
  }

  private void ipamd(List<String> messages) {
    messages.forEach(message -> log(ipamd, now.toString(), message));
  }

  private void plugin(List<String> messages) {
    messages.forEach(message -> log(plugin, HOST_ZONE.format(now), message));
  }

  /** Now and then a line is there twice, as when a shipper wrote a file again. */
  private void log(StringBuilder file, String time, String message) {
    String line =
        release == Release.SEELOG_1_5 ? time + " [INFO]\t" + message : LogLines.json(time, message);
    file.append(line).append('\n');
    if (random.nextInt(50) == 0) {
      file.append(line).append('\n');
    }
  }

  private void append(String name, StringBuilder text) throws IOException {
    Files.writeString(
        logs.resolve(name), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    text.setLength(0);
  }

  private void writeState() throws IOException {
    StringBuilder text = new StringBuilder("{\"version\":\"vpc-cni-ipam/1\",\"allocations\":[");
    for (Truth truthNow : held.values()) {
      text.append(text.charAt(text.length() - 1) == '[' ? "" : ",")
          .append("{\"networkName\":\"aws-cni\",\"containerID\":\"")
          .append(truthNow.containerId)
          .append("\",\"ifName\":\"eth0\",\"ipv4\":\"")
          .append(truthNow.address);
      text.append(
          release == Release.JSON_1_7
              ? "\"}"
              : "\",\"allocationTimestamp\":"
                  + truthNow.from.toEpochMilli()
                  + "000000,\"metadata\":{\"k8sPodNamespace\":\"shop\",\"k8sPodName\":\""
                  + truthNow.pod
                  + "\"}}");
    }
    Path fresh = Files.writeString(state.resolve("new"), text.append("]}"));
    Files.setLastModifiedTime(fresh, FileTime.from(written));
    Files.move(
        fresh,
        state.resolve("ipam.json"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }
}
