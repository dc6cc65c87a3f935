package io.podhop.agent.linux;

/** What this package counts. */
public enum LinuxCounter {
  /** Network namespaces entered. */
  NAMESPACE_ENTERED,
  /** Returns to the own network namespace, verified by inode; equals entered when all is well. */
  NAMESPACE_RESTORED,
  /** Work in a namespace, or entering it, that ended with an exception. */
  NAMESPACE_FAILED,
  /** Namespaces that had vanished, or whose pid now belongs to another namespace. */
  NAMESPACE_GONE,
  /** Callers that stopped waiting for the namespace thread. */
  NAMESPACE_TIMED_OUT,
  /** Requests refused because the queue of the namespace thread was full. */
  NAMESPACE_QUEUE_FULL,
  /** Failures to return to the own namespace: fatal, the thread was retired. */
  NAMESPACE_LOST,
  /** Processes that vanished, or were zombies, while /proc was read. */
  PROCESS_SKIPPED,
  /** Netlink dumps that changed underfoot (NLM_F_DUMP_INTR) and were made again. */
  NETLINK_DUMP_REPEATED,
  /** Netlink messages of a dump that could not be represented and were left out. */
  NETLINK_SKIPPED
}
