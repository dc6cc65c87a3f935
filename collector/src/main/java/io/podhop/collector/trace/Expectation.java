package io.podhop.collector.trace;

import io.podhop.collector.explain.Explainer;
import io.podhop.collector.explain.Prediction;
import io.podhop.collector.registry.Ends;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The way that a traced connection should take, asked for beside the trace. */
final class Expectation implements AutoCloseable {
  /** How much longer a trace may take for it when all else is done. */
  static final Duration PATIENCE = Duration.ofMillis(300);

  private static final Logger LOG = LoggerFactory.getLogger(Expectation.class);

  private final FutureTask<Prediction> prediction;

  /** What the nodes say, or why it is not known. */
  sealed interface Told {
    record Foreseen(Prediction prediction) implements Told {}

    record Unknown(String why) implements Told {}
  }

  private Expectation(FutureTask<Prediction> prediction) {
    this.prediction = prediction;
  }

  /** Begins to ask the nodes. */
  static Expectation of(Explainer explainer, Ends ends) {
    FutureTask<Prediction> asking = new FutureTask<>(() -> explainer.predict(ends));
    Thread.ofVirtual().name("podhop-expect").start(asking);
    return new Expectation(asking);
  }

  Told told() throws InterruptedException {
    try {
      return new Told.Foreseen(prediction.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
    } catch (TimeoutException e) {
      return new Told.Unknown("the way was not predicted: the nodes did not answer in time");
    } catch (ExecutionException e) {
      LOG.error("a prediction failed", e);
      return new Told.Unknown("the way was not predicted: the collector failed, its log says why");
    }
  }

  /** Asks no further. */
  @Override
  public void close() {
    prediction.cancel(true);
  }
}
