/**
 * Traffic on demand, from inside a pod's network namespace: one connection, datagram or echo at a
 * time, to the asked destination and nowhere else.
 */
@NullMarked
package io.podhop.agent.probe;

import org.jspecify.annotations.NullMarked;
