/**
 * One trace from question to verdict: resolve both ends, arm the agents concerned, probe or watch,
 * finish, stitch what came.
 */
@NullMarked
package io.podhop.collector.trace;

import org.jspecify.annotations.NullMarked;
