package io.podhop.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LinkEventsTest {
  @Test
  void await_vethComesAndGoes_tellsBoth() throws IOException {
    try (TestNamespace namespace = new TestNamespace();
        NamespaceThread thread = new NamespaceThread(new LinuxCounters());
        LinkEvents events =
            thread.inNamespace(namespace.path(), () -> LinkEvents.open(Duration.ofSeconds(10)))) {
      namespace.ip("link", "add", "eni1", "type", "veth", "peer", "name", "eth9");
      assertThat(events.await()).isTrue();
      namespace.ip("link", "del", "eni1");
      assertThat(events.await()).isTrue();
    }
  }

  @Test
  void await_nothingChanges_returnsInTime() throws IOException {
    try (TestNamespace namespace = new TestNamespace();
        NamespaceThread thread = new NamespaceThread(new LinuxCounters());
        LinkEvents events =
            thread.inNamespace(namespace.path(), () -> LinkEvents.open(Duration.ofMillis(50)))) {
      assertThat(events.await()).isFalse();
    }
  }
}
