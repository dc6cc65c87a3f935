package io.podhop.agent.evidence;

import static io.podhop.agent.evidence.Groups.text;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One line of trace_pipe; its time is nanoseconds of CLOCK_MONOTONIC, exact to a microsecond. */
sealed interface TraceEvent {
  /**
   * A packet, named by its buffer's address, passed a device; the length has no Ethernet header.
   */
  record Passed(long timeNs, long packet, String device, int lengthBytes, Way way)
      implements TraceEvent {}

  /** How a packet met a device. */
  enum Way {
    /** Arrived, and waits for the processor (net/netif_rx). */
    ARRIVED,
    /** Taken up by the network stack (net/netif_receive_skb). */
    TAKEN_UP,
    /** To be sent, before the device's queue (net/net_dev_queue). */
    QUEUED,
    /** Handed to the device, as a capture is a moment before (net/net_dev_start_xmit). */
    SENT;

    boolean isOut() {
      return this == QUEUED || this == SENT;
    }
  }

  /** The kernel freed a packet because it gave it up; the location is empty when not told. */
  record Dropped(long timeNs, long packet, String reason, String location) implements TraceEvent {}

  /** The kernel overwrote events before they were read. */
  record Lost(long count) implements TraceEvent {}

  int ETHERNET_BYTES = 14;

  // task-pid [cpu] flags seconds.micros: event: fields; a task's name is too short to look like it.
  Pattern LINE = Pattern.compile("\\[\\d{1,5}] (?:\\S+ +)? *(\\d{1,10})\\.(\\d{6}): (\\w+): (.*)$");

  Pattern PASSED =
      Pattern.compile(
          "dev=(\\S+) (?:\\S+ )*?skbaddr=(\\p{XDigit}{1,16}) (?:\\S+ )*?len=(\\d{1,9})\\b.*");

  Pattern DROPPED =
      Pattern.compile("skbaddr=(\\p{XDigit}{1,16}) .*\\blocation=([^\\s+]+)\\S*.* reason: (\\w+)$");

  Pattern LOST = Pattern.compile("CPU:\\d+ \\[LOST (?:(\\d{1,18}) )?EVENTS].*");

  /** Empty for headings and what else is no event of ours. */
  static Optional<TraceEvent> parse(String line) {
    if (line.startsWith("CPU:")) {
      Matcher lost = LOST.matcher(line);
      return lost.matches()
          ? Optional.of(new Lost(text(lost, 1).isEmpty() ? 1 : Long.parseLong(text(lost, 1))))
          : Optional.empty();
    }
    Matcher m = LINE.matcher(line);
    if (!m.find()) {
      return Optional.empty();
    }
    long timeNs = Long.parseLong(text(m, 1)) * 1_000_000_000L + Long.parseLong(text(m, 2)) * 1_000L;
    String fields = text(m, 4);
    return switch (text(m, 3)) {
      case "kfree_skb" -> dropped(timeNs, fields);
      case "netif_rx" -> passed(timeNs, Way.ARRIVED, fields);
      case "netif_receive_skb" -> passed(timeNs, Way.TAKEN_UP, fields);
      case "net_dev_queue" -> passed(timeNs, Way.QUEUED, fields);
      case "net_dev_start_xmit" -> passed(timeNs, Way.SENT, fields);
      default -> Optional.empty();
    };
  }

  private static Optional<TraceEvent> passed(long timeNs, Way way, String fields) {
    Matcher m = PASSED.matcher(fields);
    if (!m.matches()) {
      return Optional.empty();
    }
    // A packet that is received has its Ethernet header taken off already.
    int header = way.isOut() ? ETHERNET_BYTES : 0;
    int length = Math.max(0, Integer.parseInt(text(m, 3)) - header);
    return Optional.of(new Passed(timeNs, address(text(m, 2)), text(m, 1), length, way));
  }

  private static Optional<TraceEvent> dropped(long timeNs, String fields) {
    Matcher m = DROPPED.matcher(fields);
    return m.matches()
        ? Optional.of(new Dropped(timeNs, address(text(m, 1)), text(m, 3), function(text(m, 2))))
        : Optional.empty();
  }

  /** Older kernels print a number that means nothing outside. */
  private static String function(String location) {
    return location.matches("(?:0x)?\\p{XDigit}{8,16}") ? "" : location;
  }

  private static long address(String hex) {
    return Long.parseUnsignedLong(hex, 16);
  }
}
