package io.podhop.agent;

/** What happens to the points that are watched all the time. */
enum WatchCounter {
  /** Points opened. */
  POINTS_OPENED,
  /** Points closed, because the pod or the interface went. */
  POINTS_CLOSED,
  /** Points that could not be opened; tried again while they are there. */
  POINTS_FAILED,
  /** Points that found no room among the rings or numbers; tried again. */
  POINTS_REFUSED,
  /** Points switched to their edges because packets were lost. */
  MODES_REDUCED,
  /** Points switched back to every header. */
  MODES_RESTORED,
  /** Rings opened anew in another size. */
  RINGS_RESIZED
}
