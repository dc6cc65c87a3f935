/**
 * The agents' streams: registration, commands out, answers in. An agent dials out and holds one
 * stream; nothing here knows what a trace is.
 */
@NullMarked
package io.podhop.collector.control;

import org.jspecify.annotations.NullMarked;
