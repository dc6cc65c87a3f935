package io.podhop.agent.capture;

import static io.podhop.agent.decode.Frames.dns;
import static io.podhop.agent.decode.Frames.echo;
import static io.podhop.agent.decode.Frames.ethernet;
import static io.podhop.agent.decode.Frames.icmp;
import static io.podhop.agent.decode.Frames.ip;
import static io.podhop.agent.decode.Frames.join;
import static io.podhop.agent.decode.Frames.tagged;
import static io.podhop.agent.decode.Frames.tcp;
import static io.podhop.agent.decode.Frames.u16;
import static io.podhop.agent.decode.Frames.udp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every field of every packet, against tshark's reading of the same file. */
class DecoderAgainstTsharkTest {
  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final long SEED = 20261124;

  /** What the last datagram of each IP version carries, and the ICMP error that quotes it. */
  private static final byte[] LAST_PAYLOAD = "to nobody".getBytes(StandardCharsets.ISO_8859_1);

  private static final int TCP_PORT = 7777;
  private static final int CLOSED_PORT = 7778;

  @TempDir Path folder;

  @Test
  void recordedTraffic_everyFieldAgrees_onEthernetAndBothCookedForms() throws Exception {
    List<Path> files = new ArrayList<>();
    try (TwoNamespaces net = new TwoNamespaces()) {
      List<Process> recorders = new ArrayList<>();
      for (String[] form :
          new String[][] {{"eth0", "EN10MB"}, {"any", "LINUX_SLL"}, {"any", "LINUX_SLL2"}}) {
        files.add(folder.resolve(form[1] + ".pcap"));
        recorders.add(record(net.nameB, form[0], form[1], files.getLast()));
      }
      makeTraffic(net);
      for (Path file : files) {
        await().atMost(BOUND).until(() -> countOfLast(file) == 4);
      }
      for (Process recorder : recorders) {
        recorder.destroy();
        assertThat(recorder.waitFor(20, TimeUnit.SECONDS)).isTrue();
      }
    }
    for (Path file : files) {
      List<Map<String, String>> ours = ViewFields.read(file);
      assertAgree(ours, TsharkFields.read(file));
      assertThat(ours).as("TCP with options").anySatisfy(p -> assertThat(p).containsKey("mss"));
      assertThat(ours).as("resets").anySatisfy(p -> assertThat(p).containsEntry("flags", "20"));
      assertThat(ours).as("DNS").anySatisfy(p -> assertThat(p).containsEntry("dnsName", "db.shop"));
      assertThat(ours)
          .as("quotes of both versions")
          .anySatisfy(p -> assertThat(p).containsEntry("quotedSource", TwoNamespaces.ADDRESS_A))
          .anySatisfy(p -> assertThat(p).containsEntry("quotedSource", TwoNamespaces.ADDRESS6_A));
      assertThat(ours)
          .as("later fragments of both versions")
          .anySatisfy(p -> assertThat(p).containsEntry("offset", "1480"))
          .anySatisfy(p -> assertThat(p).containsEntry("offset", "1448"));
    }
  }

  @Test
  void builtFrames_vlansAndErrors_everyFieldAgrees() throws Exception {
    byte[] syn = ip("10.0.0.1", "10.0.0.2", 6, tcp(4000, 7777, 1, 0, 2, new byte[0]));
    List<byte[]> frames =
        List.of(
            ethernet(0x0806, new byte[28]),
            tagged(0x8100, 0x6007, 0x0800, syn),
            tagged(0x88a8, 100, 0x8100, join(u16(9), u16(0x0800), syn)),
            ethernet(ip("10.0.0.9", "10.0.0.1", 1, icmp(3, 4, 1500, syn))),
            ethernet(
                ip(
                    "fd00::9",
                    "fd00::1",
                    58,
                    icmp(
                        2,
                        0,
                        1280,
                        ip(
                            "fd00::1",
                            "fd00::2",
                            6,
                            tcp(4000, 7777, 0xfffffff0L, 5, 16, new byte[4]))))),
            ethernet(ip("fd00::1", "fd00::2", 58, echo(128, 7, 9))),
            ethernet(ip("10.0.0.2", "10.0.0.1", 17, udp(53, 4000, dns(7, 0x8183, "a.b.c", 28)))));
    Path file = folder.resolve("built.pcap");
    CaptureFiles.writePcap(file, frames, 1);

    assertAgree(ViewFields.read(file), TsharkFields.read(file));
  }

  @Test
  void generatedFrames_everyPayloadInEveryCarrier_everyFieldAgrees() throws Exception {
    Path file = folder.resolve("generated.pcap");
    CaptureFiles.writePcap(file, GeneratedFrames.all(SEED, 20), 1);
    List<Map<String, String>> ours = ViewFields.read(file);

    assertAgree(ours, TsharkFields.read(file));

    for (String field :
        List.of("outerVlan", "vni", "outerSource", "quicDestinationId", "dnsAnswers")) {
      assertThat(ours).as(field).anySatisfy(p -> assertThat(p).containsKey(field));
    }
    assertThat(ours)
        .as("DNS over TCP")
        .anySatisfy(p -> assertThat(p).containsKeys("dnsId", "seq", "tunnel"));
    assertThat(ours).as("four SACK blocks").anySatisfy(p -> assertThat(sackBlocks(p)).isEqualTo(4));
  }

  private static long sackBlocks(Map<String, String> packet) {
    return packet.getOrDefault("sackBlocks", "").chars().filter(c -> c == '-').count();
  }

  static void assertAgree(List<Map<String, String>> ours, List<Map<String, String>> tsharks) {
    assertThat(ours).isNotEmpty().hasSameSizeAs(tsharks);
    for (int i = 0; i < ours.size(); i++) {
      assertThat(ours.get(i)).as("packet %d", i + 1).isEqualTo(tsharks.get(i));
    }
  }

  private Process record(String netns, String device, String linkType, Path file)
      throws IOException {
    File log = folder.resolve(linkType + ".log").toFile();
    Process recorder =
        Tools.start(
            log,
            log,
            "ip",
            "netns",
            "exec",
            netns,
            "tcpdump",
            "-Z",
            "root",
            "-i",
            device,
            "-y",
            linkType,
            "--immediate-mode",
            "--nano",
            "-U",
            "-w",
            file.toString());
    await()
        .atMost(BOUND)
        .until(() -> !recorder.isAlive() || Files.readString(log.toPath()).contains("listening"));
    assertThat(recorder.isAlive()).as("tcpdump: %s", Files.readString(log.toPath())).isTrue();
    return recorder;
  }

  private static void makeTraffic(TwoNamespaces net) throws Exception {
    for (String target : List.of(TwoNamespaces.ADDRESS_B, TwoNamespaces.ADDRESS6_B)) {
      Tools.run("ip", "netns", "exec", net.nameA, "ping", "-c2", "-i0.2", "-W5", "-s4000", target);
      exchange(net, target);
      try (SocketChannel refused = client(net)) {
        refused.connect(new InetSocketAddress(target, CLOSED_PORT));
        throw new AssertionError("nobody listens there");
      } catch (ConnectException e) {
        assertThat(e).hasMessageContaining("refused");
      }
      try (DatagramChannel unanswered =
          net.thread.inNamespace(
              TwoNamespaces.path(net.nameA),
              () -> DatagramChannel.open(StandardProtocolFamily.INET6))) {
        unanswered.send(
            ByteBuffer.wrap(dns(4711, 0x0100, "db.shop", 1)), new InetSocketAddress(target, 53));
        unanswered.send(ByteBuffer.wrap(LAST_PAYLOAD), new InetSocketAddress(target, 9999));
      }
    }
  }

  private static long countOfLast(Path file) throws IOException {
    String recorded = Files.readString(file, StandardCharsets.ISO_8859_1);
    return Pattern.compile(new String(LAST_PAYLOAD, StandardCharsets.ISO_8859_1), Pattern.LITERAL)
        .matcher(recorded)
        .results()
        .count();
  }

  private static SocketChannel client(TwoNamespaces net) throws IOException {
    return net.thread.inNamespace(
        TwoNamespaces.path(net.nameA), () -> SocketChannel.open(StandardProtocolFamily.INET6));
  }

  /** Large segments both ways, an orderly end and an abortive one. */
  private static void exchange(TwoNamespaces net, String target) throws IOException {
    try (ServerSocketChannel server =
        net.thread.inNamespace(
            TwoNamespaces.path(net.nameB),
            () -> ServerSocketChannel.open(StandardProtocolFamily.INET6))) {
      server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      server.bind(new InetSocketAddress("::", TCP_PORT));
      exchange(net, server, target, false);
      exchange(net, server, target, true);
    }
  }

  private static void exchange(
      TwoNamespaces net, ServerSocketChannel server, String target, boolean abort)
      throws IOException {
    try (SocketChannel client = client(net)) {
      client.connect(new InetSocketAddress(target, TCP_PORT));
      try (SocketChannel accepted = server.accept()) {
        transfer(client, accepted, 60_000);
        transfer(accepted, client, 60_000);
        client.setOption(StandardSocketOptions.SO_LINGER, abort ? 0 : -1);
      }
    }
  }

  private static void transfer(SocketChannel from, SocketChannel to, int bytes) throws IOException {
    ByteBuffer sent = ByteBuffer.allocate(bytes);
    ByteBuffer received = ByteBuffer.allocate(bytes);
    while (sent.hasRemaining()) {
      from.write(sent);
      to.configureBlocking(false);
      to.read(received);
    }
    to.configureBlocking(true);
    while (received.hasRemaining()) {
      to.read(received);
    }
  }
}
