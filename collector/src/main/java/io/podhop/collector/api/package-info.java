/** What people and programs ask of the collector, as the gRPC service {@code podhop.v1.Query}. */
@NullMarked
package io.podhop.collector.api;

import org.jspecify.annotations.NullMarked;
