/**
 * The connections that passed each observation point: the first packet of every kind, traffic, TCP
 * quality, DNS, who reset or refused. One writer, primitive storage, bounded; records come out as
 * values.
 */
@NullMarked
package io.podhop.agent.flow;

import org.jspecify.annotations.NullMarked;
