/**
 * The data plane's door: OTLP in, segments and their spans kept until somebody stitches them, other
 * senders' spans passed on unchanged.
 */
@NullMarked
package io.podhop.collector.ingest;

import org.jspecify.annotations.NullMarked;
