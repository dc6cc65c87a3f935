package io.podhop.agent;

import io.podhop.v1.AgentMessage;
import io.podhop.v1.Failed;
import io.podhop.v1.NodeAnswer;
import io.podhop.v1.NodeQuestion;
import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the collector's questions about this node, one after the other, on a thread of its own.
 */
final class QuestionDesk implements AutoCloseable {
  /** Questions that may wait. */
  static final int MAX_WAITING = 64;

  private static final Logger LOG = LoggerFactory.getLogger(QuestionDesk.class);

  private final NodeReaders readers;
  private final Consumer<AgentMessage> answers;
  private final ThreadPoolExecutor thread =
      new ThreadPoolExecutor(
          1,
          1,
          1,
          TimeUnit.MINUTES,
          new ArrayBlockingQueue<>(MAX_WAITING),
          Thread.ofPlatform().name("podhop-ask-", 0).daemon().factory());

  QuestionDesk(NodeReaders readers, Consumer<AgentMessage> answers) {
    this.readers = readers;
    this.answers = answers;
    thread.allowCoreThreadTimeOut(true);
  }

  void ask(NodeQuestion question) {
    try {
      thread.execute(() -> answer(question));
    } catch (RejectedExecutionException e) {
      fail(question, "the agent is stopping, or is asked too much: try again in a moment");
    }
  }

  private void answer(NodeQuestion question) {
    try {
      NodeAnswer answer =
          NodeAnswers.answer(readers.readFor(question), question)
              .orElseThrow(() -> new IOException("this agent is too old for the question"));
      answers.accept(
          AgentMessage.newBuilder()
              .setAnswer(answer.toBuilder().setRequestId(question.getRequestId()))
              .build());
    } catch (IOException | RuntimeException e) {
      LOG.debug("question {} failed", question.getRequestId(), e);
      fail(question, String.valueOf(e.getMessage()));
    }
  }

  private void fail(NodeQuestion question, String error) {
    answers.accept(
        AgentMessage.newBuilder()
            .setFailed(Failed.newBuilder().setRequestId(question.getRequestId()).setError(error))
            .build());
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
