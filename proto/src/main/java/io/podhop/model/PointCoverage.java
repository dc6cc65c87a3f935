package io.podhop.model;

/** The coverage of one observation point. */
public record PointCoverage(ObservationPoint point, Coverage coverage) {}
