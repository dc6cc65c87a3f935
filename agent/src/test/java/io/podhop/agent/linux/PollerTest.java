package io.podhop.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podhop.model.IpAddress;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PollerTest {
  private static final int NO_DESCRIPTOR = 1_000_000;

  @Test
  void poll_oneSocketWithData_onlyThatIsReadable() throws IOException {
    try (TestNamespace namespace = new TestNamespace();
        NamespaceThread thread = new NamespaceThread(new LinuxCounters());
        RawIcmpSocket idle = open(thread, namespace, IpFamily.IPV6);
        RawIcmpSocket busy = open(thread, namespace, IpFamily.IPV4);
        Poller poller = new Poller(4)) {
      int[] fds = {idle.fd(), busy.fd(), NO_DESCRIPTOR};
      assertThat(poller.poll(fds, 2, 0)).isZero();

      busy.sendEcho(IpAddress.parse("127.0.0.1"), 1, 1, new byte[0]);

      assertThat(poller.poll(fds, 3, 5000)).isEqualTo(2);
      assertThat(poller.readable(0)).isFalse();
      assertThat(poller.readable(1)).isTrue();
      assertThat(poller.failed(1)).isFalse();
      assertThat(poller.failed(2)).isTrue();
    }
  }

  @Test
  void wakeup_whilePolling_returnsOnce() throws Exception {
    try (Poller poller = new Poller(0)) {
      CountDownLatch ready = new CountDownLatch(1);
      Thread waker =
          Thread.ofPlatform()
              .start(
                  () -> {
                    ready.countDown();
                    poller.wakeup();
                  });
      ready.await();

      assertThat(poller.poll(new int[0], 0, -1)).isZero();
      waker.join();
      assertThat(poller.poll(new int[0], 0, 10)).isZero();
    }
  }

  @Test
  void wakeup_closed_doesNothing() throws IOException {
    Poller poller = new Poller(0);
    poller.close();
    poller.close();

    poller.wakeup();
  }

  @Test
  void poll_moreThanItsCapacity_refused() throws IOException {
    try (Poller poller = new Poller(1)) {
      assertThatThrownBy(() -> poller.poll(new int[2], 2, 0))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static RawIcmpSocket open(
      NamespaceThread thread, TestNamespace namespace, IpFamily family) throws IOException {
    return thread.inNamespace(namespace.path(), () -> RawIcmpSocket.open(family));
  }
}
