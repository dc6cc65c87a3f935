/**
 * Finds the network namespaces of pods through /proc and reads each one's links and addresses from
 * inside. It knows no pod's name: that join is correlate's.
 */
@NullMarked
package io.podhop.agent.netns;

import org.jspecify.annotations.NullMarked;
