package io.podhop.agent.cri;

import io.grpc.Status;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Says to people what the container runtime did not do. */
record Failures(Path socket, Duration deadline) {

  /** For a list that did not come; {@code shown} sandboxes of the last one stand in for it. */
  String noAnswer(Status status, int shown) {
    String instead =
        shown == 0
            ? "pods have no labels from it"
            : "showing the " + shown + " pod sandboxes of its last answer";
    return "the container runtime did not list its pods on "
        + socket
        + ": "
        + reason(status)
        + "; "
        + instead;
  }

  String withoutStatus(int unanswered, int of, Status status) {
    return "the container runtime did not tell the addresses of %d of %d pod sandboxes on %s: %s; they are asked for again"
        .formatted(unanswered, of, socket, reason(status));
  }

  String tooMany(int kept, int left) {
    return "the container runtime has %d pod sandboxes, %d more than the bound: the oldest stopped ones are left out"
        .formatted(kept + left, left);
  }

  String unreadable(List<String> texts) {
    return "the container runtime gave %d addresses that are none, the first '%s': they are left out"
        .formatted(texts.size(), texts.getFirst());
  }

  private String reason(Status status) {
    if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
      return "no answer within " + deadline.toMillis() + " ms";
    }
    if (status.getCode() == Status.Code.UNIMPLEMENTED) {
      return "it does not speak CRI runtime.v1; containerd 1.6 or later does, with its cri plugin enabled";
    }
    return status.getCode() + ": " + cause(status);
  }

  /** The innermost message: gRPC's own for a failed connection is no more than "io exception". */
  private static String cause(Status status) {
    String message = status.getDescription();
    for (Throwable t = status.getCause(); t != null; t = t.getCause()) {
      message = t.getMessage() == null ? message : t.getMessage();
    }
    return message == null ? "no reason given" : message;
  }
}
