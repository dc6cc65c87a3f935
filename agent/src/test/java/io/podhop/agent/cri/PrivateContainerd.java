package io.podhop.agent.cri;

import static org.awaitility.Awaitility.await;

import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.podhop.agent.cri.lifecycle.v1.ImageSpec;
import io.podhop.agent.cri.lifecycle.v1.ImageStatusRequest;
import io.podhop.agent.cri.lifecycle.v1.ImageStatusResponse;
import io.podhop.agent.cri.lifecycle.v1.LinuxPodSandboxConfig;
import io.podhop.agent.cri.lifecycle.v1.PodSandboxConfig;
import io.podhop.agent.cri.lifecycle.v1.PodSandboxMetadata;
import io.podhop.agent.cri.lifecycle.v1.RunPodSandboxRequest;
import io.podhop.agent.cri.lifecycle.v1.RunPodSandboxResponse;
import io.podhop.agent.cri.lifecycle.v1.SandboxRequest;
import io.podhop.agent.cri.lifecycle.v1.SandboxResponse;
import io.podhop.model.PodRef;
import java.io.File;
import java.io.IOException;
import java.io.Writer;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real containerd in namespaces of its own, run by {@code containerd.sh}; ends when closed, or
 * when this JVM does.
 */
final class PrivateContainerd implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Path directory;
  private final String cgroup = "podhop-cri-" + ProcessHandle.current().pid();
  private final Process process;
  private final Writer commands;
  private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final ManagedChannel channel;

  /**
   * @param directory absolute and short: the path of a unix socket has 107 bytes at most
   */
  PrivateContainerd(Path directory) throws IOException {
    this.directory = directory;
    requireTool("containerd", "containerd");
    requireTool("runc", "runc");
    String script = "src/test/resources/cri/containerd.sh";
    process =
        new ProcessBuilder(
                ("unshare --mount --pid --net --uts --ipc --fork --kill-child --mount-proc bash "
                        + Path.of(script).toAbsolutePath()
                        + " "
                        + directory
                        + " "
                        + cgroup)
                    .split(" "))
            .redirectErrorStream(true)
            .redirectOutput(new File(directory.toFile(), "script.log"))
            .start();
    commands = process.outputWriter();
    channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket()))
            .eventLoopGroup(loop)
            .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
            .overrideAuthority("localhost")
            .usePlaintext()
            .build();
  }

  private static void requireTool(String tool, String debianPackage) {
    boolean present =
        Stream.of("/usr/bin", "/usr/sbin").anyMatch(bin -> Files.isExecutable(Path.of(bin, tool)));
    if (!present) {
      throw new IllegalStateException(
          "the test needs " + tool + ": install the Debian package " + debianPackage);
    }
  }

  Path socket() {
    return directory.resolve("containerd.sock");
  }

  /** Runs a pod and answers its sandbox id. */
  String run(PodRef pod, String uid, Map<String, String> labels) {
    PodSandboxConfig config =
        PodSandboxConfig.newBuilder()
            .setMetadata(
                PodSandboxMetadata.newBuilder()
                    .setNamespace(pod.namespace())
                    .setName(pod.name())
                    .setUid(uid))
            .setHostname(pod.name())
            .setLogDirectory(directory.resolve("log").toString())
            .putAllLabels(labels)
            .setLinux(LinuxPodSandboxConfig.newBuilder().setCgroupParent("/" + cgroup))
            .build();
    return call(
            "RuntimeService/RunPodSandbox",
            RunPodSandboxRequest.newBuilder().setConfig(config).build(),
            RunPodSandboxResponse.getDefaultInstance())
        .getPodSandboxId();
  }

  void stop(String id) {
    call("RuntimeService/StopPodSandbox", request(id), SandboxResponse.getDefaultInstance());
  }

  void remove(String id) {
    call("RuntimeService/RemovePodSandbox", request(id), SandboxResponse.getDefaultInstance());
  }

  private static SandboxRequest request(String id) {
    return SandboxRequest.newBuilder().setPodSandboxId(id).build();
  }

  private <Q extends Message, A extends Message> A call(String method, Q request, A answer) {
    @SuppressWarnings("unchecked")
    Q noRequest = (Q) request.getDefaultInstanceForType();
    MethodDescriptor<Q, A> descriptor =
        MethodDescriptor.<Q, A>newBuilder(
                ProtoUtils.marshaller(noRequest), ProtoUtils.marshaller(answer))
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("runtime.v1." + method)
            .build();
    return ClientCalls.blockingUnaryCall(
        channel,
        descriptor,
        CallOptions.DEFAULT
            .withWaitForReady()
            .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS),
        request);
  }

  /** Kills containerd alone, as an out-of-memory kill does: its pods live on. */
  void kill() throws IOException {
    command("kill");
  }

  void startAgain() throws IOException {
    Files.delete(directory.resolve("ready"));
    command("start");
    awaitReady();
  }

  private void command(String line) throws IOException {
    commands.write(line + "\n");
    commands.flush();
  }

  /** Until pods can be run: the CRI plugin answers later than containerd, and has the image. */
  void awaitReady() {
    await()
        .atMost(PATIENCE)
        .failFast(this::failWhenEnded)
        .until(() -> Files.exists(directory.resolve("ready")));
    await()
        .atMost(PATIENCE)
        .failFast(this::failWhenEnded)
        .ignoreException(StatusRuntimeException.class)
        .until(this::hasPauseImage);
  }

  private boolean hasPauseImage() {
    ImageStatusRequest request =
        ImageStatusRequest.newBuilder()
            .setImage(ImageSpec.newBuilder().setImage("registry.k8s.io/pause:3.6"))
            .build();
    return call("ImageService/ImageStatus", request, ImageStatusResponse.getDefaultInstance())
        .hasImage();
  }

  private void failWhenEnded() throws IOException {
    if (!process.isAlive()) {
      Path log = directory.resolve("containerd.log");
      throw new IOException(
          "containerd did not start\n"
              + Files.readString(directory.resolve("script.log"))
              + (Files.exists(log) ? Files.readString(log) : ""));
    }
  }

  @Override
  public void close() throws IOException {
    channel.shutdownNow();
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    commands.close();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }
}
