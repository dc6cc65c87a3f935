/** Asks the collector over gRPC and hands back model values and typed refusals; prints nothing. */
@NullMarked
package io.podhop.cli.client;

import org.jspecify.annotations.NullMarked;
