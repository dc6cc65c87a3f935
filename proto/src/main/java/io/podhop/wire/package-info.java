/**
 * Model to messages and back, written once for agent and collector: {@code podhop.v1} and the names
 * of the attributes that spans carry. Every {@code decode} throws {@link IllegalArgumentException}
 * with a sentence when a message is malformed.
 */
@NullMarked
package io.podhop.wire;

import org.jspecify.annotations.NullMarked;
