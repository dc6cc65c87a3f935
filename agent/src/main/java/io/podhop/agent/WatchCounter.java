package io.podhop.agent;

/**
 * What happens to the points that are watched all the time. Lower-cased, the names are the event
 * labels of {@link io.podhop.agent.metrics.Metric#CAPTURE_POINT_EVENTS}.
 */
enum WatchCounter {
  OPENED,
  /** The pod or the interface went. */
  CLOSED,
  /** Could not be opened; tried again while it is there. */
  FAILED,
  /** Found no room among the rings or numbers; tried again. */
  REFUSED,
  /** Switched to its edges because packets were lost. */
  REDUCED,
  /** Switched back to every header. */
  RESTORED,
  /** Its ring was opened anew in another size. */
  RESIZED
}
