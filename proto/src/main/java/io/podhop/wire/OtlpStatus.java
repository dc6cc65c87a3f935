package io.podhop.wire;

import io.grpc.Status;

/** What an OTLP/gRPC sender should make of an answer. */
public final class OtlpStatus {
  private OtlpStatus() {}

  /** Whether sending again may succeed, as the OTLP specification 1.9 lists it under "Failures". */
  public static boolean retryable(Status.Code code) {
    return switch (code) {
      case CANCELLED,
          DEADLINE_EXCEEDED,
          RESOURCE_EXHAUSTED,
          ABORTED,
          OUT_OF_RANGE,
          UNAVAILABLE,
          DATA_LOSS ->
          true;
      case OK,
          UNKNOWN,
          INVALID_ARGUMENT,
          NOT_FOUND,
          ALREADY_EXISTS,
          PERMISSION_DENIED,
          FAILED_PRECONDITION,
          UNIMPLEMENTED,
          INTERNAL,
          UNAUTHENTICATED ->
          false;
    };
  }
}
