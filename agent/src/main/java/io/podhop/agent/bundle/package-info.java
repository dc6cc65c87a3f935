/**
 * The offline twin's reader: a support bundle of the EKS log collector, or what somebody unpacked
 * of one, to the view that an agent has of its node. Bundles come from strangers: nothing in one is
 * executed, no name in one becomes a path, and what leaves the bundle is refused.
 */
@NullMarked
package io.podhop.agent.bundle;

import org.jspecify.annotations.NullMarked;
