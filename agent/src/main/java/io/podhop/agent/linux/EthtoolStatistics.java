package io.podhop.agent.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;

/** The driver's own counters of an interface, as {@code ethtool -S} prints them (SIOCETHTOOL). */
public final class EthtoolStatistics {
  private static final long SIOCETHTOOL = 0x8946;
  private static final int ETHTOOL_GDRVINFO = 3;
  private static final int ETHTOOL_GSTRINGS = 0x1b;
  private static final int ETHTOOL_GSTATS = 0x1d;
  private static final int ETH_SS_STATS = 1;
  private static final int AF_INET = 2;
  private static final int SOCK_DGRAM = 2;
  private static final int NAME_BYTES = 32;
  private static final int IFNAMSIZ = 16;

  /** {@code struct ifreq}: the interface's name and a pointer. */
  private static final int IFREQ_BYTES = 40;

  /** {@code struct ethtool_drvinfo}, and where n_stats is in it. */
  private static final int DRIVER_BYTES = 196;

  private static final int DRIVER_COUNT = 180;

  /** More than a driver of many queues has. */
  private static final int MAX_STATISTICS = 8192;

  private EthtoolStatistics() {}

  /**
   * The counters of an interface of the calling thread's network namespace, by name, as unsigned
   * numbers; none when the driver has none.
   *
   * @throws LinuxException when there is no such interface
   */
  public static Map<String, Long> read(String interfaceName) throws IOException {
    byte[] name = interfaceName.getBytes(StandardCharsets.UTF_8);
    if (name.length >= IFNAMSIZ) {
      throw new IOException("no interface name: " + interfaceName);
    }
    int fd = LibC.socket(AF_INET, SOCK_DGRAM, 0, "socket for ethtool");
    try {
      return read(fd, name, interfaceName);
    } finally {
      LibC.close(fd);
    }
  }

  private static Map<String, Long> read(int fd, byte[] name, String interfaceName)
      throws IOException {
    Pointer driver = Memory.allocateDirect(LibC.RUNTIME, DRIVER_BYTES, true);
    driver.putInt(0, ETHTOOL_GDRVINFO);
    try {
      call(fd, name, driver, "driver of " + interfaceName);
    } catch (LinuxException e) {
      if (e.errno() == LinuxException.EOPNOTSUPP) {
        return Map.of();
      }
      throw e;
    }
    int count = driver.getInt(DRIVER_COUNT);
    if (count < 0 || count > MAX_STATISTICS) {
      throw new IOException(interfaceName + ": the driver claims " + count + " statistics");
    }
    if (count == 0) {
      return Map.of();
    }
    // Header of 12 and of 8 bytes; the kernel writes its own count again, never more than ours.
    Pointer names = Memory.allocateDirect(LibC.RUNTIME, 12 + count * NAME_BYTES, true);
    names.putInt(0, ETHTOOL_GSTRINGS);
    names.putInt(4, ETH_SS_STATS);
    names.putInt(8, count);
    call(fd, name, names, "names of statistics of " + interfaceName);
    Pointer values = Memory.allocateDirect(LibC.RUNTIME, 8 + count * 8, true);
    values.putInt(0, ETHTOOL_GSTATS);
    values.putInt(4, count);
    call(fd, name, values, "statistics of " + interfaceName);
    return join(names, values, Math.min(count, Math.min(names.getInt(8), values.getInt(4))));
  }

  private static Map<String, Long> join(Pointer names, Pointer values, int count) {
    Map<String, Long> statistics = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      byte[] text = new byte[NAME_BYTES];
      names.get(12 + (long) i * NAME_BYTES, text, 0, NAME_BYTES);
      int length = 0;
      while (length < NAME_BYTES && text[length] != 0) {
        length++;
      }
      String name = new String(text, 0, length, StandardCharsets.ISO_8859_1).strip();
      statistics.put(name, values.getLong(8 + (long) i * 8));
    }
    return statistics;
  }

  private static void call(int fd, byte[] name, Pointer argument, String what)
      throws LinuxException {
    Pointer request = Memory.allocateDirect(LibC.RUNTIME, IFREQ_BYTES, true);
    request.put(0, name, 0, name.length);
    request.putLong(IFNAMSIZ, argument.address());
    if (LibC.CALLS.ioctl(fd, SIOCETHTOOL, request) != 0) {
      throw new LinuxException("read " + what, LibC.errno());
    }
  }
}
