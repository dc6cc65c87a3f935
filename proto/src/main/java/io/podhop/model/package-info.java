/**
 * The words of podhop as values: addresses, flow keys, observation points, hops, segments, traces,
 * verdicts. Depends on nothing, knows no encoding and does no I/O.
 */
@NullMarked
package io.podhop.model;

import org.jspecify.annotations.NullMarked;
