package io.podhop.agent.netns;

import java.util.List;
import java.util.Optional;

/**
 * The network namespaces found by one scan, by inode.
 *
 * @param vanished namespaces that were gone before they could be read: normal
 * @param unreadable namespaces that could not be read for another reason, which was logged
 * @param beyondBound namespaces left out because there were more than the bound
 */
public record PodNamespacesSnapshot(
    List<NetworkNamespace> namespaces, int vanished, int unreadable, int beyondBound) {
  public PodNamespacesSnapshot {
    namespaces = List.copyOf(namespaces);
  }

  public Optional<NetworkNamespace> byInode(long inode) {
    return namespaces.stream().filter(namespace -> namespace.inode() == inode).findFirst();
  }
}
