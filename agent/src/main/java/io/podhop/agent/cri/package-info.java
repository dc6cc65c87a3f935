/**
 * Asks the node's container runtime, over the Kubernetes Container Runtime Interface, which pod
 * sandboxes it runs: the pods' names, uids, labels and addresses without the API server. Joining
 * them with namespaces and links is correlate's.
 */
@NullMarked
package io.podhop.agent.cri;

import org.jspecify.annotations.NullMarked;
