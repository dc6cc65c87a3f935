package io.podhop.collector.registry;

import io.podhop.model.IpAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The collector's resolver, asked on threads of its own and never waited for long. */
public final class HostNames implements AutoCloseable {
  /** How long a person waits for a name. */
  static final long LIMIT_MS = 1_000;

  private static final int THREADS = 2;
  private static final int WAITING = 16;

  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          1,
          TimeUnit.MINUTES,
          new ArrayBlockingQueue<>(WAITING),
          Thread.ofPlatform().name("podhop-resolve-", 0).daemon().factory());

  /** The addresses of a host name; empty when there are none, or none in time. */
  public List<IpAddress> lookUp(String name) {
    try {
      Future<List<IpAddress>> answer = threads.submit(() -> resolve(name));
      return answer.get(LIMIT_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
      return List.of();
    }
  }

  private static List<IpAddress> resolve(String name) {
    try {
      return Arrays.stream(InetAddress.getAllByName(name))
          .map(address -> IpAddress.ofBytes(address.getAddress()))
          .toList();
    } catch (UnknownHostException e) {
      return List.of();
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
