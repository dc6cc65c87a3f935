/**
 * Flows for whoever asks: the last ones are kept, and new ones are sent as they come to those that
 * subscribed. Nobody who asks can make the agent wait.
 */
@NullMarked
package io.podhop.agent.observe;

import org.jspecify.annotations.NullMarked;
