package io.podhop.agent.linux;

import java.io.IOException;
import java.time.Duration;

/**
 * Tells that interfaces of a network namespace came, went or changed (rtnetlink(7), group
 * RTNLGRP_LINK): a pod's veth appears on the host moments before the pod sends. One thread waits.
 */
public final class LinkEvents implements AutoCloseable {
  private static final int RTNLGRP_LINK = 1;

  private final NetlinkSocket socket;

  private LinkEvents(NetlinkSocket socket) {
    this.socket = socket;
  }

  /**
   * Subscribes in the calling thread's network namespace.
   *
   * @param patience how long one {@link #await} waits
   */
  public static LinkEvents open(Duration patience) throws IOException {
    NetlinkSocket socket = NetlinkSocket.open(NetlinkSocket.NETLINK_ROUTE, patience);
    try {
      socket.join(RTNLGRP_LINK);
      return new LinkEvents(socket);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /**
   * Waits for the next change.
   *
   * @return false when nothing changed in time
   */
  public boolean await() throws IOException {
    try {
      return socket.receive(_ -> {});
    } catch (LinuxException e) {
      if (e.errno() == LinuxException.ENOBUFS) {
        return true;
      }
      throw e;
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
