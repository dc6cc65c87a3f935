/**
 * What a node would make of a packet, told from one view of the node and nothing else: every hook,
 * rule and route that the packet meets, in the kernel's order. Pure. What is not known is said, and
 * never guessed.
 */
@NullMarked
package io.podhop.agent.predict;

import org.jspecify.annotations.NullMarked;
