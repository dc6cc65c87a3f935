/**
 * What passed each observation point, per connection: the first packet of every kind, counts, and
 * who reset or refused. One writer, primitive tables, bounded; records come out as values.
 */
@NullMarked
package io.podhop.agent.flow;

import org.jspecify.annotations.NullMarked;
