package io.podhop.collector.api;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Optional;

/** The stream to one who asked: told on the thread that answers, cancelled on gRPC's. */
final class Reply<T> {
  /** How long one who asked may read nothing at all before the answer is given up. */
  static final Duration PATIENCE = Duration.ofMinutes(1);

  private final ServerCallStreamObserver<T> out;
  private boolean ended;
  private Optional<Runnable> work = Optional.empty();

  private Reply(ServerCallStreamObserver<T> out) {
    this.out = out;
  }

  /** Must be called before the service's method returns. */
  static <T> Reply<T> of(StreamObserver<T> responses) {
    Reply<T> reply = new Reply<>((ServerCallStreamObserver<T>) responses);
    reply.out.setOnCancelHandler(reply::cancel);
    reply.out.setOnReadyHandler(reply::wake);
    return reply;
  }

  private synchronized void cancel() {
    ended = true;
    work.ifPresent(Runnable::run);
    notifyAll();
  }

  private synchronized void wake() {
    notifyAll();
  }

  /** What to run when nobody wants the answer any more; at once when that is so already. */
  synchronized void cancelWith(Runnable cancelWork) {
    work = Optional.of(cancelWork);
    if (ended) {
      cancelWork.run();
    }
  }

  synchronized void tell(T event) {
    if (!ended) {
      out.onNext(event);
    }
  }

  /** False when the reader is behind and the event was not sent. */
  synchronized boolean tellIfReady(T event) {
    if (!ended && !out.isReady()) {
      return false;
    }
    tell(event);
    return true;
  }

  /** Waits for a reader who is behind; one who reads nothing for {@link #PATIENCE} is left. */
  synchronized void tellWhenReady(T event) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!ended && !out.isReady()) {
      long leftMs = (deadline - System.nanoTime()) / 1_000_000;
      if (leftMs <= 0) {
        giveUp();
        return;
      }
      try {
        wait(leftMs);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    tell(event);
  }

  private void giveUp() {
    fail(
        Status.RESOURCE_EXHAUSTED
            .withDescription("nothing was read for " + PATIENCE.toSeconds() + " s")
            .asRuntimeException());
    work.ifPresent(Runnable::run);
  }

  synchronized void fail(RuntimeException status) {
    if (!ended) {
      ended = true;
      out.onError(status);
    }
  }

  synchronized void end() {
    if (!ended) {
      ended = true;
      out.onCompleted();
    }
  }
}
