/**
 * The agent: one process per node. This package joins the stages; a stage never names the next one.
 */
@NullMarked
package io.podhop.agent;

import org.jspecify.annotations.NullMarked;
