/**
 * What a node can look up while a trace runs, instead of guessing: counters that moved, the
 * kernel's own reasons for dropping packets, the sockets of the destination pod, verdicts of the
 * network policy agent. Everything is bounded; what could not be looked at is said in a sentence.
 */
@NullMarked
package io.podhop.agent.evidence;

import org.jspecify.annotations.NullMarked;
