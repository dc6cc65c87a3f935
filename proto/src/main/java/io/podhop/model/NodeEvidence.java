package io.podhop.model;

import java.util.List;

/**
 * What a node looked up while a trace ran, beside the packets themselves.
 *
 * @param counters those that moved between arming and finishing
 * @param drops what the kernel dropped, matched with packets of this trace
 * @param sockets of the destination pods, for the ports asked for
 * @param socketsRead pods ({@code namespace/name}) whose matching sockets are all listed: that none
 *     is listed means that none is there
 * @param policy what the network policy agent denied in the window
 * @param settings sysctls that decide about packets, as sysctl(8) prints them
 * @param unavailable what could not be looked up and why, in sentences
 */
public record NodeEvidence(
    String node,
    List<CounterChange> counters,
    List<KernelDrop> drops,
    List<Socket> sockets,
    List<String> socketsRead,
    List<Citation> policy,
    List<Citation> settings,
    List<String> unavailable) {
  public NodeEvidence {
    counters = List.copyOf(counters);
    drops = List.copyOf(drops);
    sockets = List.copyOf(sockets);
    socketsRead = List.copyOf(socketsRead);
    policy = List.copyOf(policy);
    settings = List.copyOf(settings);
    unavailable = List.copyOf(unavailable);
  }

  /**
   * A counter of the kernel or of a device that moved.
   *
   * @param scope {@link #NODE}, {@code namespace/name} of a pod, or the name of an interface
   * @param name as nstat(8), {@code conntrack -S} or {@code ethtool -S} print it
   */
  public record CounterChange(String scope, String name, long before, long after) {
    public static final String NODE = "node";

    public long moved() {
      return after - before;
    }
  }

  /**
   * A packet that the kernel dropped.
   *
   * @param reason as the tracepoint {@code skb:kfree_skb} names it: {@code IP_RPFILTER}
   * @param location the kernel function that dropped it; empty when not known
   * @param interfaceName where it was last received or sent; empty when not known
   * @param timeNs epoch nanoseconds
   * @param length bytes, as the kernel held it
   * @param scope as of a counter; empty when not known
   */
  public record KernelDrop(
      String reason,
      String location,
      String interfaceName,
      long timeNs,
      int length,
      String scope) {}

  /**
   * A socket in a pod.
   *
   * @param address it is bound to; the unspecified address takes any
   * @param queued connections not accepted yet (listening TCP), else bytes not read yet
   * @param limit of that queue; -1 when not known
   * @param dropped packets it refused for want of room, since it was opened
   * @param stopped its process is stopped (SIGSTOP) and reads nothing
   */
  public record Socket(
      String pod,
      Protocol protocol,
      IpAddress address,
      int port,
      boolean listening,
      long queued,
      long limit,
      long dropped,
      boolean stopped) {}
}
