package io.podhop.agent.cri;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.podhop.agent.cri.v1.ListPodSandboxRequest;
import io.podhop.agent.cri.v1.ListPodSandboxResponse;
import io.podhop.agent.cri.v1.PodSandbox;
import io.podhop.agent.cri.v1.PodSandboxMetadata;
import io.podhop.agent.cri.v1.PodSandboxState;
import io.podhop.agent.cri.v1.PodSandboxStatusRequest;
import io.podhop.agent.cri.v1.PodSandboxStatusResponse;
import io.podhop.agent.cri.v1.RuntimeServiceGrpc.RuntimeServiceImplBase;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A gRPC server with the answers that a real runtime gives too rarely to wait for. */
final class FakeRuntime extends RuntimeServiceImplBase implements AutoCloseable {
  final List<PodSandbox> sandboxes = new CopyOnWriteArrayList<>();
  final Map<String, PodSandboxStatusResponse> statuses = new ConcurrentHashMap<>();
  final Map<String, Status> refused = new ConcurrentHashMap<>();
  final List<String> asked = new CopyOnWriteArrayList<>();

  private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Server server;

  FakeRuntime(Path socket) throws IOException {
    server = serve(socket, this);
  }

  private FakeRuntime(Path socket, List<BindableService> services) throws IOException {
    server = serve(socket, services.toArray(BindableService[]::new));
  }

  /** Speaks gRPC, but not CRI: as containerd with its cri plugin disabled. */
  static FakeRuntime withoutCri(Path socket) throws IOException {
    return new FakeRuntime(socket, new ArrayList<>());
  }

  private Server serve(Path socket, BindableService... services) throws IOException {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .bossEventLoopGroup(loop)
            .workerEventLoopGroup(loop)
            .channelType(NioServerDomainSocketChannel.class)
            .directExecutor();
    for (BindableService service : services) {
      builder.addService(service);
    }
    return builder.build().start();
  }

  void add(String id, PodSandboxState state, long createdNs) {
    sandboxes.add(
        PodSandbox.newBuilder()
            .setId(id)
            .setMetadata(PodSandboxMetadata.newBuilder().setNamespace("shop").setName("pod-" + id))
            .setState(state)
            .setCreatedAt(createdNs)
            .build());
  }

  /** A running sandbox with its status. */
  void add(String id, String... addresses) {
    add(id, PodSandboxState.SANDBOX_READY, 1);
    statuses.put(id, status(addresses));
  }

  static PodSandboxStatusResponse status(String... addresses) {
    PodSandboxStatusResponse.Builder response = PodSandboxStatusResponse.newBuilder();
    var network = response.getStatusBuilder().getNetworkBuilder();
    for (int i = 0; i < addresses.length; i++) {
      if (i == 0) {
        network.setIp(addresses[i]);
      } else {
        network.addAdditionalIpsBuilder().setIp(addresses[i]);
      }
    }
    return response.build();
  }

  @Override
  public void listPodSandbox(
      ListPodSandboxRequest request, StreamObserver<ListPodSandboxResponse> answer) {
    answer.onNext(ListPodSandboxResponse.newBuilder().addAllItems(sandboxes).build());
    answer.onCompleted();
  }

  @Override
  public void podSandboxStatus(
      PodSandboxStatusRequest request, StreamObserver<PodSandboxStatusResponse> answer) {
    String id = request.getPodSandboxId();
    asked.add(id);
    Status refusal = refused.get(id);
    if (refusal != null) {
      answer.onError(refusal.asRuntimeException());
      return;
    }
    answer.onNext(statuses.getOrDefault(id, PodSandboxStatusResponse.getDefaultInstance()));
    answer.onCompleted();
  }

  @Override
  public void close() {
    server.shutdownNow();
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(1, TimeUnit.SECONDS);
  }
}
