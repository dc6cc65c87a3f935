/**
 * What became of one connection by the evidence of one observation point alone: a pure function of
 * its record and of what the point lost meanwhile.
 */
@NullMarked
package io.podhop.agent.judge;

import org.jspecify.annotations.NullMarked;
