package io.podhop.agent.linux;

import java.io.IOException;
import jnr.constants.platform.Errno;

/** The kernel refused a call; carries its errno. */
public class LinuxException extends IOException {
  private static final long serialVersionUID = 1;

  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int ESRCH = 3;
  public static final int EINTR = 4;
  public static final int EAGAIN = 11;
  public static final int EACCES = 13;
  public static final int EBUSY = 16;
  public static final int ENODEV = 19;
  public static final int EINVAL = 22;
  public static final int EOPNOTSUPP = 95;
  public static final int ENETDOWN = 100;
  public static final int ENOBUFS = 105;

  private final int errno;

  /**
   * @param what the call and what it was made on, as in "open /proc/7/ns/net"
   */
  public LinuxException(String what, int errno) {
    this(what, errno, "");
  }

  /**
   * @param advice what to do about it; empty when there is none
   */
  public LinuxException(String what, int errno, String advice) {
    super(what + ": " + name(errno) + (advice.isEmpty() ? "" : "; " + advice));
    this.errno = errno;
  }

  public int errno() {
    return errno;
  }

  private static String name(int errno) {
    Errno known = Errno.valueOf(errno);
    return known == Errno.__UNKNOWN_CONSTANT__
        ? "errno " + errno
        : known.name() + " (" + known.description() + ")";
  }
}
