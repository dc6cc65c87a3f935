/** Maps the model to protobuf and OTLP messages and back, once, for the agent and the collector. */
@NullMarked
package io.podhop.wire;

import org.jspecify.annotations.NullMarked;
