/**
 * Frames from the kernel and from files: handles opened inside network namespaces, filters for a
 * traced conversation, the one thread that reads every live source, and what each was able to see.
 */
@NullMarked
package io.podhop.agent.capture;

import org.jspecify.annotations.NullMarked;
