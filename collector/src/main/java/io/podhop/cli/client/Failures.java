package io.podhop.cli.client;

import io.grpc.StatusRuntimeException;
import java.io.IOException;

/** Statuses of gRPC as sentences: what happened, to what, what to do. */
final class Failures {
  private static final String TRY =
      "; is it running? start one with `podhop collector`,"
          + " or name another with --collector HOST:PORT";

  private Failures() {}

  static CollectorException unreachable(
      String reason, IOException cause, CollectorAddress address) {
    return new CollectorException(
        "cannot reach the collector at " + address + ": " + reason + TRY, cause);
  }

  static CollectorException of(StatusRuntimeException e, String address) {
    String told = e.getStatus().getDescription();
    if (told != null) {
      switch (e.getStatus().getCode()) {
        case INVALID_ARGUMENT, NOT_FOUND -> {
          return new RefusedQuestionException(told, e);
        }
        case FAILED_PRECONDITION, RESOURCE_EXHAUSTED -> {
          return new CollectorException(told, e);
        }
        default -> {}
      }
    }
    String sentence =
        switch (e.getStatus().getCode()) {
          case UNIMPLEMENTED ->
              "what answers at "
                  + address
                  + " is no podhop collector (perhaps another OTLP receiver);"
                  + " name the right one with --collector HOST:PORT";
          case UNAVAILABLE -> "lost the collector at " + address + ": " + reason(e) + TRY;
          case DEADLINE_EXCEEDED -> "the collector at " + address + " did not answer in time";
          case CANCELLED -> "the question to the collector at " + address + " was cancelled";
          default ->
              "the collector at "
                  + address
                  + " failed: "
                  + e.getStatus().getCode()
                  + (e.getStatus().getDescription() == null
                      ? ""
                      : " " + e.getStatus().getDescription());
        };
    return new CollectorException(sentence, e);
  }

  static CollectorException unreadable(IllegalArgumentException e, String address) {
    return new CollectorException(
        "the collector at "
            + address
            + " answered what this podhop cannot read ("
            + e.getMessage()
            + "); do both have the same version?",
        e);
  }

  private static String reason(StatusRuntimeException e) {
    String description = e.getStatus().getDescription();
    return description == null
        ? e.getStatus().getCode().name()
        : description.lines().findFirst().orElse(description);
  }
}
