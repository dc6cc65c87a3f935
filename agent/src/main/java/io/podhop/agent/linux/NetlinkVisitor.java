package io.podhop.agent.linux;

import java.io.IOException;

/** Sees the messages of an answer one by one. */
@FunctionalInterface
public interface NetlinkVisitor {
  /**
   * @param message valid only during the call; keep {@link NetlinkMessage#copy()}
   */
  void message(NetlinkMessage message) throws IOException;
}
