/**
 * The only join: what was captured, with who held the address, how it was rewritten and where it
 * should have gone. Pure functions of snapshots.
 */
@NullMarked
package io.podhop.agent.correlate;

import org.jspecify.annotations.NullMarked;
