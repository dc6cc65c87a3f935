package io.podhop.cli;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.podhop.v1.AddressRequest;
import io.podhop.v1.AddressResponse;
import io.podhop.v1.ExplainGrpc;
import io.podhop.v1.NodeDescription;
import io.podhop.v1.NodeRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A real gRPC server on loopback that gives the answers it was given. */
public final class ScriptedExplain extends ExplainGrpc.ExplainImplBase implements AutoCloseable {
  public final BlockingQueue<AddressRequest> addresses = new LinkedBlockingQueue<>();
  public final BlockingQueue<NodeRequest> nodes = new LinkedBlockingQueue<>();

  private final Server server;
  private AddressResponse address = AddressResponse.getDefaultInstance();
  private NodeDescription description = NodeDescription.getDefaultInstance();
  private Status end = Status.OK;

  public ScriptedExplain() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(this)
            .build()
            .start();
  }

  public String collector() {
    return "127.0.0.1:" + server.getPort();
  }

  public ScriptedExplain address(AddressResponse answer) {
    address = answer;
    return this;
  }

  public ScriptedExplain node(NodeDescription answer) {
    description = answer;
    return this;
  }

  /** Refuses every question with this status. */
  public ScriptedExplain refuses(Status status) {
    end = status;
    return this;
  }

  @Override
  public void getAddress(AddressRequest request, StreamObserver<AddressResponse> response) {
    addresses.add(request);
    answer(address, response);
  }

  @Override
  public void describeNode(NodeRequest request, StreamObserver<NodeDescription> response) {
    nodes.add(request);
    answer(description, response);
  }

  private <A> void answer(A answer, StreamObserver<A> response) {
    if (end.isOk()) {
      response.onNext(answer);
      response.onCompleted();
    } else {
      response.onError(end.asRuntimeException());
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
