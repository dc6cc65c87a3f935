/**
 * The words of podhop as records and sealed types: addresses, flow keys, hops, segments, verdicts.
 * Depends on nothing but the JDK.
 */
@NullMarked
package io.podhop.model;

import org.jspecify.annotations.NullMarked;
