package io.podhop.agent.cri;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.podhop.agent.cri.v1.ListPodSandboxRequest;
import io.podhop.agent.cri.v1.ListPodSandboxResponse;
import io.podhop.agent.cri.v1.RuntimeServiceGrpc;
import io.podhop.agent.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Reads the pod sandboxes from a container runtime's socket (CRI {@code runtime.v1} over gRPC). The
 * status of a sandbox, which tells its addresses, is asked for once and remembered while the
 * runtime lists it. Has one thread of its own, born in the constructor, whatever thread calls
 * later.
 */
public final class CriReader implements AutoCloseable {
  /** Where EKS nodes have it. */
  public static final Path CONTAINERD = Path.of("/run/containerd/containerd.sock");

  /** Sandboxes in a snapshot; an EKS node runs at most 737 pods, but stopped ones add to them. */
  public static final int MAX_SANDBOXES = 2048;

  private static final Duration DEADLINE = Duration.ofMillis(500);

  /** Of the first call, which loads a thousand classes: over a second on a busy node. */
  private static final Duration FIRST_DEADLINE = Duration.ofSeconds(2);

  /** As kubelet and containerd have it: annotations make the list long. */
  private static final int MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

  private final Path socket;
  private final Duration laterDeadline;
  private final EventLoopGroup loop;
  private final ManagedChannel channel;
  private Map<String, SandboxNetwork> known = Map.of();
  private CriSnapshot last = CriSnapshot.EMPTY;
  private Duration deadline;

  /** Connects at the first {@link #read()}. */
  public CriReader(Path socket) {
    this(socket, FIRST_DEADLINE, DEADLINE);
  }

  CriReader(Path socket, Duration firstDeadline, Duration laterDeadline) {
    this.socket = socket;
    this.deadline = firstDeadline;
    this.laterDeadline = laterDeadline;
    this.loop =
        new MultiThreadIoEventLoopGroup(
            1,
            Thread.ofPlatform().name("podhop-cri").daemon().factory(),
            NioIoHandler.newFactory());
    loop.submit(() -> {}).syncUninterruptibly();
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(socket);
    this.channel =
        NettyChannelBuilder.forAddress(address)
            .eventLoopGroup(loop)
            .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
            .directExecutor()
            .overrideAuthority("localhost")
            .usePlaintext()
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .build();
  }

  /**
   * The sandboxes of now, within half a second, the first time within two; never fails. Without a
   * socket there are none, which is no warning: the node has another runtime, or none. When the
   * runtime does not answer, its last answer stands with a warning: without it no pod is made, so
   * no address goes to another.
   */
  public synchronized CriSnapshot read() {
    if (!Files.exists(socket)) {
      known = Map.of();
      last = CriSnapshot.EMPTY;
      return last;
    }
    forgetFailedConnection();
    Failures failures = new Failures(socket, deadline);
    RuntimeServiceBlockingStub runtime =
        RuntimeServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS);
    deadline = laterDeadline;
    ListPodSandboxResponse listed;
    try {
      listed = runtime.listPodSandbox(ListPodSandboxRequest.getDefaultInstance());
    } catch (StatusRuntimeException e) {
      String warning = failures.noAnswer(e.getStatus(), last.sandboxes().size());
      return new CriSnapshot(last.sandboxes(), List.of(warning));
    }
    SandboxScan scan = new SandboxScan(runtime, known);
    scan.addAll(listed.getItemsList(), MAX_SANDBOXES);
    known = scan.networks();
    last = scan.snapshot(failures);
    return last;
  }

  /** Else calls would repeat the last failure until the channel tries again, minutes later. */
  private void forgetFailedConnection() {
    if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
      channel.enterIdle();
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(1, TimeUnit.SECONDS);
  }
}
