/**
 * Joins what the nodes saw of one connection into a trace and judges what became of it. Pure: the
 * hardest logic of the collector is functions of values. Only {@link
 * io.podhop.collector.stitch.ClockOffsets} remembers anything.
 */
@NullMarked
package io.podhop.collector.stitch;

import org.jspecify.annotations.NullMarked;
