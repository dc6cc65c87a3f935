package io.podhop.agent.evidence;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The counter files of /proc/net (proc(5)) to names and values. Columns are found by their
 * headings, for they differ between kernels; a line that does not fit its heading is left out.
 */
final class CounterText {
  /** Columns of softnet_stat, which has no heading; those that tell of loss. */
  private static final Map<Integer, String> SOFTNET =
      Map.of(1, "softnet.dropped", 2, "softnet.time_squeeze", 10, "softnet.flow_limit_count");

  /** What {@code conntrack -S} calls the columns of stat/nf_conntrack that it renames. */
  private static final Map<String, String> CONNTRACK =
      Map.of("icmp_error", "error", "clashres", "clash_resolve", "chainlength", "chaintoolong");

  /** Column of nf_conntrack's statistics that is the table's size, and counts nothing. */
  private static final String ENTRIES = "entries";

  private static final int DEVICE_COLUMNS = 16;

  private CounterText() {}

  /** {@code snmp} and {@code netstat}: lines in pairs, names before values. */
  static Map<String, Long> pairs(String text) {
    Map<String, Long> values = new LinkedHashMap<>();
    List<String> lines = text.lines().toList();
    for (int i = 0; i + 1 < lines.size(); i += 2) {
      String[] names = lines.get(i).strip().split("\\s+", -1);
      String[] numbers = lines.get(i + 1).strip().split("\\s+", -1);
      boolean pair = names[0].endsWith(":") && names[0].equals(numbers[0]);
      for (int j = 1; pair && j < Math.min(names.length, numbers.length); j++) {
        put(values, names[0].substring(0, names[0].length() - 1) + names[j], numbers[j]);
      }
    }
    return values;
  }

  /** {@code snmp6}: a name and a value on each line. */
  static Map<String, Long> lines(String text) {
    Map<String, Long> values = new LinkedHashMap<>();
    text.lines()
        .map(line -> line.strip().split("\\s+", -1))
        .filter(words -> words.length == 2)
        .forEach(words -> put(values, words[0], words[1]));
    return values;
  }

  /**
   * {@code softnet_stat}: the sum over all processors of what was lost before a protocol saw it.
   */
  static Map<String, Long> softnet(String text) {
    Map<String, Long> values = new HashMap<>();
    for (String line : text.lines().toList()) {
      String[] columns = line.strip().split("\\s+", -1);
      SOFTNET.forEach(
          (column, name) -> {
            if (column < columns.length) {
              hex(columns[column]).ifPresent(value -> values.merge(name, value, Long::sum));
            }
          });
    }
    return values;
  }

  /** {@code stat/nf_conntrack}: the sum over all processors, named as conntrack -S does. */
  static Map<String, Long> conntrack(String text) {
    List<String> lines = text.lines().toList();
    Map<String, Long> values = new HashMap<>();
    if (lines.isEmpty()) {
      return values;
    }
    String[] names = lines.getFirst().strip().split("\\s+", -1);
    for (String line : lines.subList(1, lines.size())) {
      String[] columns = line.strip().split("\\s+", -1);
      for (int i = 0; i < Math.min(names.length, columns.length); i++) {
        String name = CONNTRACK.getOrDefault(names[i], names[i]);
        Optional<Long> value = hex(columns[i]);
        if (value.isPresent() && !names[i].equals(ENTRIES)) {
          values.merge(name, value.get(), Long::sum);
        }
      }
    }
    return values;
  }

  /** {@code dev}: errors and drops of every interface. */
  static Map<String, Map<String, Long>> devices(String text) {
    Map<String, Map<String, Long>> devices = new LinkedHashMap<>();
    for (String line : text.lines().toList()) {
      int colon = line.lastIndexOf(':');
      String[] columns = line.substring(colon + 1).strip().split("\\s+", -1);
      if (colon > 0 && columns.length == DEVICE_COLUMNS) {
        Map<String, Long> values = new LinkedHashMap<>();
        put(values, "rx_errors", columns[2]);
        put(values, "rx_dropped", columns[3]);
        put(values, "rx_fifo_errors", columns[4]);
        put(values, "rx_frame_errors", columns[5]);
        put(values, "tx_errors", columns[10]);
        put(values, "tx_dropped", columns[11]);
        put(values, "tx_fifo_errors", columns[12]);
        put(values, "tx_carrier_errors", columns[14]);
        devices.put(line.substring(0, colon).strip(), values);
      }
    }
    return devices;
  }

  private static Optional<Long> number(String text) {
    try {
      return Optional.of(Long.valueOf(text.strip()));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static void put(Map<String, Long> values, String name, String number) {
    number(number).ifPresent(value -> values.put(name, value));
  }

  private static Optional<Long> hex(String text) {
    try {
      return Optional.of(Long.valueOf(text, 16));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
