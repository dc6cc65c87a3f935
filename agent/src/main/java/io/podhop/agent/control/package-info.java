/**
 * The agent's end of the control plane: one outgoing stream to the collector, kept alive, opened
 * again when it breaks. Messages out, commands in; what a command means is the root's business.
 */
@NullMarked
package io.podhop.agent.control;

import org.jspecify.annotations.NullMarked;
