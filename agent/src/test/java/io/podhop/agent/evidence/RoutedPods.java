package io.podhop.agent.evidence;

import io.podhop.agent.capture.CaptureLoop;
import io.podhop.agent.capture.CaptureOptions;
import io.podhop.agent.capture.LiveCapture;
import io.podhop.agent.capture.RunningSource;
import io.podhop.agent.decode.Decoder;
import io.podhop.agent.decode.PacketView;
import io.podhop.agent.linux.EthtoolStatistics;
import io.podhop.agent.linux.LinuxCounters;
import io.podhop.agent.linux.NamespaceThread;
import io.podhop.agent.linux.ProcFs;
import io.podhop.agent.linux.TestNamespace;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PodRef;
import io.podhop.model.Role;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** Two pods and the node between them that routes, each a namespace, with captures on the way. */
final class RoutedPods implements AutoCloseable {
  static final String ADDRESS_A = "10.78.1.2";
  static final String ADDRESS_B = "10.78.2.2";

  /** A second address of A's, to which the node has no route. */
  static final String UNROUTED = "10.99.9.9";

  final TestNamespace node = new TestNamespace();
  final TestNamespace a = new TestNamespace();
  final TestNamespace b = new TestNamespace();
  final NamespaceThread thread = new NamespaceThread(new LinuxCounters());
  final ProcFs proc = new ProcFs(Path.of("/proc"), new LinuxCounters());
  final String vethA;
  final String vethB;
  private final CaptureLoop loop = CaptureLoop.start(InstantSource.system());
  private final List<RunningSource> running = new ArrayList<>();
  private final List<PacketSighting> seen = new CopyOnWriteArrayList<>();

  RoutedPods() throws IOException {
    String random = HexFormat.of().toHexDigits((short) new Random().nextInt());
    vethA = "phv" + random + "a";
    vethB = "phv" + random + "b";
    connect(a, vethA, "10.78.1.1", ADDRESS_A);
    connect(b, vethB, "10.78.2.1", ADDRESS_B);
    a.ip("addr", "add", UNROUTED + "/32", "dev", "lo");
    node.exec("sysctl", "-qw", "net.ipv4.ip_forward=1");
  }

  private void connect(TestNamespace pod, String veth, String gateway, String address)
      throws IOException {
    node.ip("link", "add", veth, "type", "veth", "peer", "name", "eth0", "netns", pod.name());
    node.ip("addr", "add", gateway + "/24", "dev", veth);
    node.ip("link", "set", veth, "up");
    pod.ip("addr", "add", address + "/24", "dev", "eth0");
    pod.ip("link", "set", "eth0", "up");
    pod.ip("route", "add", "default", "via", gateway);
  }

  Set<String> devices() {
    return Set.of(vethA, vethB, "eth0");
  }

  PodPlace place(TestNamespace pod, String name) {
    return new PodPlace(
        new PodRef("test", name), pod.pid(), proc.netnsInode(pod.pid()).orElseThrow());
  }

  /** Counters as the agent would read them, were it in the node's namespace. */
  Counters counters() {
    CounterReader reader =
        new CounterReader(
            proc,
            node.pid(),
            name -> thread.inNamespace(node.path(), () -> EthtoolStatistics.read(name)));
    List<String> unavailable = new ArrayList<>();
    Counters counters =
        reader.read(
            Set.of(vethA, vethB),
            List.of(vethA, vethB),
            List.of(place(a, "a"), place(b, "b")),
            unavailable::add);
    if (!unavailable.isEmpty()) {
      throw new AssertionError(unavailable);
    }
    return counters;
  }

  /** Sees the packets of this filter at all four points. */
  void capture(String filter) throws IOException {
    for (ObservationPoint point : points()) {
      LiveCapture capture =
          LiveCapture.open(
              thread, where(point).path(), 0, CaptureOptions.of(point.interfaceName(), filter));
      PacketView packet = new PacketView();
      running.add(
          loop.add(
              capture,
              (linkType, buffer, offset, captured, wire, ns) -> {
                Decoder.decode(linkType, buffer, offset, captured, wire, packet);
                packet
                    .flowKey()
                    .ifPresent(key -> seen.add(new PacketSighting(point, key, ns, wire)));
              }));
    }
  }

  private TestNamespace where(ObservationPoint point) {
    return switch (point.role()) {
      case POD_ETH0 -> point.owner().equals("test/a") ? a : b;
      default -> node;
    };
  }

  /** Both ends of both pods' veth pairs. */
  List<ObservationPoint> points() {
    return List.of(
        new ObservationPoint("node-x", Role.HOST_VETH, 1, 0, vethA, "test/a"),
        new ObservationPoint("node-x", Role.HOST_VETH, 1, 0, vethB, "test/b"),
        new ObservationPoint("node-x", Role.POD_ETH0, 2, 0, "eth0", "test/a"),
        new ObservationPoint("node-x", Role.POD_ETH0, 3, 0, "eth0", "test/b"));
  }

  /** Ends the captures; everything they saw. */
  List<PacketSighting> sightings() {
    running.forEach(source -> loop.remove(source).join());
    running.clear();
    return List.copyOf(seen);
  }

  /** Sends datagrams of one size from A. */
  void send(String source, int port, int payloadBytes, int count) throws IOException {
    try (DatagramChannel channel =
        thread.inNamespace(a.path(), () -> DatagramChannel.open(StandardProtocolFamily.INET))) {
      channel.bind(new InetSocketAddress(source, 0));
      ByteBuffer payload = ByteBuffer.allocate(payloadBytes);
      for (int i = 0; i < count; i++) {
        channel.send(payload.clear(), new InetSocketAddress(ADDRESS_B, port));
      }
    }
  }

  @Override
  public void close() throws IOException {
    loop.close();
    thread.close();
    a.close();
    b.close();
    node.close();
  }
}
