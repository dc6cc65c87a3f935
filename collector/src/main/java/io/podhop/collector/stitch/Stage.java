package io.podhop.collector.stitch;

/** Where on a connection's way a point stands, in the order of a request. */
enum Stage {
  SOURCE_POD,
  SOURCE_VETH,
  SOURCE_ENI,
  DESTINATION_ENI,
  DESTINATION_VETH,
  DESTINATION_POD;

  boolean isEni() {
    return this == SOURCE_ENI || this == DESTINATION_ENI;
  }

  boolean isNear() {
    return compareTo(SOURCE_ENI) <= 0;
  }
}
