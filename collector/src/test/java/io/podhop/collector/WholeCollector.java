package io.podhop.collector;

import io.podhop.collector.fixture.Running;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A collector that listens on loopback and stores in memory, for each test. */
abstract class WholeCollector {
  Collector collector;
  Running running;

  @BeforeEach
  void startCollector() throws Exception {
    collector =
        Collector.build(
            new CollectorConfig(
                List.of(ListenAddress.parse("127.0.0.1:0")), List.of(), Optional.empty(), ""));
    collector.start();
    running = new Running(collector.port());
  }

  @AfterEach
  void stopCollector() {
    running.close();
    collector.close();
  }
}
