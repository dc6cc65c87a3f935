/** What a node tells of its addresses and ENIs when it is asked. Pure functions of one view. */
@NullMarked
package io.podhop.agent.describe;

import org.jspecify.annotations.NullMarked;
