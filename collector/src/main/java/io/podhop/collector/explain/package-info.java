/**
 * Answers questions from what nodes know, without sending or capturing anything: where a packet
 * should go, whose an address was, what a node holds, what on it is wrong. The nodes may be living
 * agents or support bundles.
 */
@NullMarked
package io.podhop.collector.explain;

import org.jspecify.annotations.NullMarked;
