/** The launcher's main: joins the commands of the agent and of the collector. */
@NullMarked
package io.podhop;

import org.jspecify.annotations.NullMarked;
