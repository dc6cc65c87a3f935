package io.podhop.agent.linux;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The kernel's tracefs, where trace events are switched on and read: where it is mounted already,
 * or else mounted here without a place in the file tree (fsopen(2), Linux 5.2), so that nobody sees
 * the mount and it ends with its descriptor. Needs CAP_SYS_ADMIN.
 */
public final class TraceFs implements AutoCloseable {
  private static final List<Path> USUAL =
      List.of(Path.of("/sys/kernel/tracing"), Path.of("/sys/kernel/debug/tracing"));
  private static final int SYS_FSOPEN = 430;
  private static final int SYS_FSCONFIG = 431;
  private static final int SYS_FSMOUNT = 432;
  private static final int CLOEXEC = 1;
  private static final int FSCONFIG_CMD_CREATE = 6;

  private final Path root;
  private final int mount;
  private boolean closed;

  private TraceFs(Path root, int mount) {
    this.root = root;
    this.mount = mount;
  }

  /**
   * @throws LinuxException when the kernel has no tracefs or refuses it
   */
  public static TraceFs open() throws LinuxException {
    for (Path place : USUAL) {
      if (Files.isDirectory(place.resolve("instances"))) {
        return new TraceFs(place, -1);
      }
    }
    int context = checked("open", LibC.CALLS.syscall(SYS_FSOPEN, "tracefs", CLOEXEC));
    try {
      long made = LibC.CALLS.syscall(SYS_FSCONFIG, context, FSCONFIG_CMD_CREATE, null, null, 0);
      var _ = checked("create", made);
      int mount = checked("mount", LibC.CALLS.syscall(SYS_FSMOUNT, context, CLOEXEC, 0));
      return new TraceFs(Path.of("/proc/self/fd", Integer.toString(mount)), mount);
    } finally {
      LibC.close(context);
    }
  }

  private static int checked(String what, long result) throws LinuxException {
    if (result < 0) {
      throw new LinuxException(what + " tracefs", LibC.errno());
    }
    return (int) result;
  }

  /** Its directory; good until this is closed. */
  public Path root() {
    return root;
  }

  /**
   * Removes the instances of this prefix that nobody holds open: their makers were killed. The
   * kernel refuses (EBUSY) to remove one in use, in whichever namespace its user is.
   *
   * @return how many were removed
   */
  public int removeAbandoned(String prefix) {
    int removed = 0;
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(root.resolve("instances"), prefix + "*")) {
      for (Path entry : entries) {
        removed += removed(entry) ? 1 : 0;
      }
    } catch (IOException | DirectoryIteratorException e) {
      return removed;
    }
    return removed;
  }

  @Override
  public synchronized void close() {
    if (!closed && mount >= 0) {
      LibC.close(mount);
    }
    closed = true;
  }

  private static boolean removed(Path instance) {
    try {
      Files.delete(instance);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
