/**
 * What the agents watch all the time, asked of all of them at once: connections as they end, and
 * the totals of pairs. What is missing in an answer is part of the answer.
 */
@NullMarked
package io.podhop.collector.observe;

import org.jspecify.annotations.NullMarked;
