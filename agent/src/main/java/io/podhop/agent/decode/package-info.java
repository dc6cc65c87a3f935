/**
 * Reads packet headers: from a frame's bytes to a reused {@link PacketView}. Touches no I/O, never
 * throws on what the network sends, and allocates nothing per packet.
 */
@NullMarked
package io.podhop.agent.decode;

import org.jspecify.annotations.NullMarked;
