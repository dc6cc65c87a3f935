/** Which connections become traces: every odd one and a share of the rest, so many per second. */
@NullMarked
package io.podhop.agent.sample;

import org.jspecify.annotations.NullMarked;
