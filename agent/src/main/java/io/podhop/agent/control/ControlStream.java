package io.podhop.agent.control;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.podhop.v1.AgentControlGrpc;
import io.podhop.v1.AgentMessage;
import io.podhop.v1.CollectorMessage;
import io.podhop.v1.Register;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers the node and hands commands on in the order they came, on the thread {@code
 * podhop-control}. A broken stream is opened again after {@value #RETRY_MS} ms.
 */
public final class ControlStream implements AutoCloseable {
  private static final long RETRY_MS = 500;
  private static final Logger LOG = LoggerFactory.getLogger(ControlStream.class);

  private final ManagedChannel channel;
  private final Register register;
  private final Consumer<CollectorMessage> onCommand;
  private final Runnable onConnected;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("podhop-control").daemon().factory());
  private final Object sending = new Object();
  private @Nullable StreamObserver<AgentMessage> outgoing;
  private String lastFailure = "";
  private volatile boolean closed;

  /**
   * @param onCommand called for every command, one at a time
   * @param onConnected called after each registration, to send what the collector must know first
   */
  public ControlStream(
      ManagedChannel channel,
      Register register,
      Consumer<CollectorMessage> onCommand,
      Runnable onConnected) {
    this.channel = channel;
    this.register = register;
    this.onCommand = onCommand;
    this.onConnected = onConnected;
  }

  public void start() {
    thread.execute(this::open);
  }

  /**
   * Sends now, or drops the message when there is no stream: the collector has forgotten us then.
   */
  public boolean send(AgentMessage message) {
    synchronized (sending) {
      if (outgoing == null) {
        return false;
      }
      try {
        outgoing.onNext(message);
        return true;
      } catch (IllegalStateException cancelled) {
        LOG.debug("the control stream broke while sending", cancelled);
        return false;
      }
    }
  }

  /**
   * Sends unless that would make messages pile up here: false when there is no stream, or the
   * collector does not read it as fast as we write.
   */
  public boolean sendIfReady(AgentMessage message) {
    synchronized (sending) {
      return outgoing instanceof ClientCallStreamObserver<AgentMessage> call
          && call.isReady()
          && send(message);
    }
  }

  private void open() {
    if (closed) {
      return;
    }
    StreamObserver<AgentMessage> stream =
        AgentControlGrpc.newStub(channel).withWaitForReady().connect(new Incoming());
    synchronized (sending) {
      outgoing = stream;
      stream.onNext(AgentMessage.newBuilder().setRegister(register).build());
    }
    onConnected.run();
  }

  private void broken(String reason) {
    synchronized (sending) {
      outgoing = null;
    }
    if (closed) {
      return;
    }
    if (!reason.equals(lastFailure)) {
      LOG.warn("the collector's control stream ended: {}; trying again", reason);
      lastFailure = reason;
    }
    var _ = thread.schedule(this::open, RETRY_MS, TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    closed = true;
    synchronized (sending) {
      if (outgoing != null) {
        outgoing.onCompleted();
        outgoing = null;
      }
    }
    thread.shutdownNow();
  }

  private final class Incoming implements StreamObserver<CollectorMessage> {
    @Override
    public void onNext(CollectorMessage message) {
      thread.execute(() -> onCommand.accept(message));
    }

    @Override
    public void onError(Throwable failure) {
      Status status = Status.fromThrowable(failure);
      broken(
          status.getCode()
              + (status.getDescription() == null ? "" : ": " + status.getDescription()));
    }

    @Override
    public void onCompleted() {
      broken("closed by the collector");
    }
  }
}
