package io.podhop.agent.capture;

import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Random;
import org.pcap4j.core.PcapHandle;

/** Namespaces A and B with a veth pair between them, both ends named eth0. */
final class TwoNamespaces implements AutoCloseable {
  static final String ADDRESS_A = "10.77.0.1";
  static final String ADDRESS_B = "10.77.0.2";
  static final String ADDRESS6_A = "fd77::1";
  static final String ADDRESS6_B = "fd77::2";
  static final int PORT = 7777;

  final NamespaceThread thread;
  final String nameA;
  final String nameB;

  TwoNamespaces() throws Exception {
    String prefix = "phc" + HexFormat.of().toHexDigits(new Random().nextInt());
    nameA = prefix + "a";
    nameB = prefix + "b";
    thread = new NamespaceThread(new LinuxCounters());
    try {
      Tools.run("ip", "netns", "add", nameA);
      Tools.run("ip", "netns", "add", nameB);
      connect("eth0", ADDRESS_A, ADDRESS_B, ADDRESS6_A, ADDRESS6_B);
      Tools.run("ip", "-n", nameA, "link", "set", "lo", "up");
      Tools.run("ip", "-n", nameB, "link", "set", "lo", "up");
    } catch (Exception e) {
      close();
      throw e;
    }
  }

  /** Another veth pair, for a test that takes it away. */
  void connect(String name, String a, String b, String a6, String b6) throws Exception {
    Tools.run(
        "ip", "-n", nameA, "link", "add", name, "type", "veth", "peer", "name", name, "netns",
        nameB);
    for (String[] end : new String[][] {{nameA, a, a6}, {nameB, b, b6}}) {
      Tools.run("ip", "-n", end[0], "addr", "add", end[1] + "/24", "dev", name);
      Tools.run("ip", "-n", end[0], "addr", "add", end[2] + "/64", "dev", name, "nodad");
      Tools.run("ip", "-n", end[0], "link", "set", name, "up");
    }
  }

  static Path path(String name) {
    return Path.of("/run/netns", name);
  }

  LiveCapture open(String netns, CaptureOptions options) throws IOException {
    return LiveCapture.open(thread, path(netns), 0, options);
  }

  /** A capture of the datagrams that {@link #sender} sends, where they arrive. */
  LiveCapture openReceiving() throws IOException {
    return open(nameB, CaptureOptions.of("eth0", "udp dst port " + PORT));
  }

  /** A socket in A that sends to B. */
  DatagramChannel sender() throws IOException {
    DatagramChannel channel =
        thread.inNamespace(path(nameA), () -> DatagramChannel.open(StandardProtocolFamily.INET));
    channel.bind(new InetSocketAddress(ADDRESS_A, 0));
    return channel;
  }

  /** Sends whole frames from A's eth0. */
  PcapHandle injector() throws IOException {
    return thread.inNamespace(
        path(nameA), () -> new PcapHandle.Builder("eth0").bufferSize(64 << 10).build());
  }

  static void send(DatagramChannel channel, int count) throws IOException {
    ByteBuffer payload = ByteBuffer.allocate(16);
    InetSocketAddress target = new InetSocketAddress(ADDRESS_B, PORT);
    for (int i = 0; i < count; i++) {
      channel.send(payload.clear(), target);
    }
  }

  @Override
  public void close() throws IOException {
    thread.close();
    try {
      for (String name : new String[] {nameA, nameB}) {
        if (path(name).toFile().exists()) {
          Tools.run("ip", "netns", "del", name);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while deleting a namespace", e);
    }
  }
}
