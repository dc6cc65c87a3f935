package io.podhop.agent.evidence;

import io.podhop.model.PodRef;

/**
 * Where a pod is on this node.
 *
 * @param pid a process in its network namespace
 * @param netnsInode the namespace: when the process has another one, the pod is gone
 */
public record PodPlace(PodRef pod, int pid, long netnsInode) {}
