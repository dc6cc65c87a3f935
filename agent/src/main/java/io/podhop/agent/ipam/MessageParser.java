package io.podhop.agent.ipam;

import io.podhop.model.IpAddress;
import io.podhop.model.PodRef;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The messages of amazon-vpc-cni-k8s 1.0 to 1.23 that tell who got which address. Patterns are
 * searched, not matched whole: a message may be cut, or quoted inside a longer line.
 */
final class MessageParser {
  private static final String SANDBOX_KEY = "[^/\\s]+/(?<cid>[^/\\s'\"]+)(?:/(?<ifn>[^\\s/'\"]+))?";
  private static final Pattern ASSIGN_POD =
      Pattern.compile(
          "[Aa]ssign IP (?<ip>\\S+) to pod \\(name (?<pod>[^,]+), namespace (?<ns>[^\\s)]+)"
              + "(?: (?:container|sandbox) (?<cid>[^\\s)]*))?");
  private static final Pattern ASSIGN_AGAIN =
      Pattern.compile(
          "duplicate pod assign for IP (?<ip>[^,\\s]+), name (?<pod>[^,]+), namespace (?<ns>[^,]+),"
              + " (?:container|sandbox) (?<cid>\\S+)");
  private static final Pattern ASSIGN =
      Pattern.compile(
          "\\bAssign IP (?<ip>\\S+) to (?:sandbox "
              + SANDBOX_KEY
              + ")?(?: with metadata \\{K8SPodNamespace:(?<ns>\\S*) K8SPodName:(?<pod>[^\\s}]*))?");
  private static final Pattern UNASSIGN =
      Pattern.compile("\\bUnassign IP (?<ip>\\S+) from sandbox " + SANDBOX_KEY);
  private static final Pattern UNASSIGN_DONE =
      Pattern.compile(
          "\\w*n[aA]ssign\\w*: sandbox "
              + SANDBOX_KEY
              + "'s ipAddr (?<ip>[^,\\s]+), DeviceNumber ?(?<dev>-?\\d+)");
  private static final Pattern UNASSIGN_POD =
      Pattern.compile(
          "\\w*n[aA]ssign\\w*: pod \\(Name: (?<pod>[^,]+), NameSpace (?<ns>\\S+)"
              + " (?:Container|Sandbox) (?<cid>[^\\s)]*)\\)'s ipAddr (?<ip>[^,\\s]+),"
              + " DeviceNumber ?(?<dev>-?\\d+)");
  private static final Pattern COOLDOWN_ENTERED =
      Pattern.compile(
          "IP (?<ip>\\S+) entering cooldown period of \\S+(?: \\(available after (?<until>[^)]+))?");
  private static final Pattern COOLDOWN_LEFT =
      Pattern.compile("IP (?<ip>\\S+) released from cooldown");
  private static final Pattern ENI_FOUND =
      Pattern.compile("Found ENI: (?<eni>[^,\\s]+), MAC (?<mac>[^,\\s]+), device (?<dev>\\d{1,4})");
  private static final Pattern ENI_SET_UP =
      Pattern.compile(
          "Setting up network for an ENI with IP address (?<ip>[^,]*), MAC address (?<mac>[^,]+),"
              + " CIDR [^,]+, route table (?<table>\\d{1,9}) and Network Card (?<card>\\d{1,4})");
  private static final Pattern ENI_FORCED =
      Pattern.compile("Force removing eni (?<eni>\\S+) with (?<n>\\d{1,6}) assigned pods");
  private static final Pattern NO_ADDRESS_POD =
      Pattern.compile(
          "Failed to assign an IP address to pod (?<pod>[^,]+), namespace (?<ns>\\S+)"
              + " (?:container|sandbox) (?<cid>\\S+)");
  private static final Pattern PLUGIN_FAILED =
      Pattern.compile(
          "(?:Failed to connect to backend server|Error received from AddNetwork grpc call) for"
              + " (?:pod (?<pod>\\S+) namespace (?<ns>\\S+) )?(?:container|sandbox|containerID)"
              + " (?<cid>[^:\\s]+)");
  private static final Pattern NO_ADDRESS_CONTAINER =
      Pattern.compile("Failed to assign an IP address to container (?<cid>\\S+)");
  private static final Pattern NUMBER = Pattern.compile("-?\\d{1,9}");
  private static final Pattern POOL_EMPTY = Pattern.compile("DataStore has no available IP");

  private MessageParser() {}

  /** Cheap test for a fragment whose record cannot be recognised otherwise. */
  static boolean mayCarryFacts(String text) {
    return text.contains("ssign IP ")
        || text.contains("ddNetwork")
        || text.contains("DelNetwork")
        || text.contains("'s ipAddr ")
        || text.contains("hostVethName=")
        || text.contains("Received CNI ")
        || text.contains("add network response");
  }

  /** At least one event; {@link IpamEvent.Other} when the message says nothing of interest. */
  static List<IpamEvent> parse(Instant at, String level, String message) {
    List<IpamEvent> events = new ArrayList<>(2);
    if (message.contains("ssign")) {
      assignment(at, message, events);
    }
    if (events.isEmpty() && RequestMessages.mayApply(message)) {
      RequestMessages.parse(at, message, events);
    }
    if (events.isEmpty()) {
      ofNode(at, message, events);
    }
    return events.isEmpty() ? List.of(new IpamEvent.Other(at, level, message)) : events;
  }

  private static void ofNode(Instant at, String message, List<IpamEvent> events) {
    if (message.contains("cooldown")) {
      cooldown(at, message, events);
    }
    if (events.isEmpty() && (message.contains("ENI") || message.contains("eni"))) {
      eni(at, message, events);
    }
    if (events.isEmpty() && POOL_EMPTY.matcher(message).find()) {
      events.add(new IpamEvent.NoAddress(at, Optional.empty(), "", message));
    }
    if (events.isEmpty()) {
      pluginFailed(at, message, events);
    }
    if (events.isEmpty()) {
      PoolMessages.parse(at, message, events);
    }
  }

  private static void assignment(Instant at, String message, List<IpamEvent> events) {
    Matcher m = ASSIGN_POD.matcher(message);
    if (m.find() || m.usePattern(ASSIGN_AGAIN).reset().find()) {
      assigned(at, m, text(m.group("cid")), "eth0", events);
    } else if (m.usePattern(ASSIGN).reset().find()) {
      assigned(at, m, text(m.group("cid")), text(m.group("ifn")), events);
    } else if (m.usePattern(UNASSIGN).reset().find()) {
      unassigned(at, m, OptionalInt.empty(), events);
    } else if (m.usePattern(UNASSIGN_DONE).reset().find()
        || m.usePattern(UNASSIGN_POD).reset().find()) {
      unassigned(at, m, number(m.group("dev")), events);
    } else if (m.usePattern(NO_ADDRESS_POD).reset().find()) {
      events.add(new IpamEvent.NoAddress(at, pod(m), text(m.group("cid")), message));
    } else if (m.usePattern(NO_ADDRESS_CONTAINER).reset().find()) {
      events.add(new IpamEvent.NoAddress(at, Optional.empty(), text(m.group("cid")), message));
    }
  }

  /** The plugin says this of an ADD and of a DEL alike; which it was, its request tells. */
  private static void pluginFailed(Instant at, String message, List<IpamEvent> events) {
    if (message.contains("backend server") || message.contains("AddNetwork grpc call")) {
      Matcher m = PLUGIN_FAILED.matcher(message);
      if (m.find()) {
        events.add(new IpamEvent.NoAddress(at, pod(m), text(m.group("cid")), message));
      }
    }
  }

  private static void assigned(
      Instant at, Matcher m, String container, String interfaceName, List<IpamEvent> events) {
    IpAddress.tryParse(text(m.group("ip")))
        .ifPresent(
            ip -> events.add(new IpamEvent.Assigned(at, ip, pod(m), container, interfaceName)));
  }

  private static void unassigned(
      Instant at, Matcher m, OptionalInt device, List<IpamEvent> events) {
    String container = text(m.group("cid"));
    IpAddress.tryParse(text(m.group("ip")))
        .ifPresent(ip -> events.add(new IpamEvent.Unassigned(at, ip, container, device)));
  }

  private static void cooldown(Instant at, String message, List<IpamEvent> events) {
    Matcher m = COOLDOWN_ENTERED.matcher(message);
    if (m.find()) {
      Optional<Instant> until = LogRecord.time(text(m.group("until")));
      IpAddress.tryParse(text(m.group("ip")))
          .ifPresent(ip -> events.add(new IpamEvent.CooldownEntered(at, ip, until)));
    } else if (m.usePattern(COOLDOWN_LEFT).reset().find()) {
      IpAddress.tryParse(text(m.group("ip")))
          .ifPresent(ip -> events.add(new IpamEvent.CooldownLeft(at, ip)));
    }
  }

  private static void eni(Instant at, String message, List<IpamEvent> events) {
    Matcher m = ENI_FOUND.matcher(message);
    if (m.find()) {
      events.add(
          new IpamEvent.EniAttached(
              at,
              text(m.group("eni")),
              text(m.group("mac")),
              Integer.parseInt(text(m.group("dev")))));
    } else if (m.usePattern(ENI_SET_UP).reset().find()) {
      events.add(
          new IpamEvent.EniSetUp(
              at,
              IpAddress.tryParse(text(m.group("ip"))),
              text(m.group("mac")),
              Integer.parseInt(text(m.group("table"))),
              Integer.parseInt(text(m.group("card")))));
    } else if (m.usePattern(ENI_FORCED).reset().find()) {
      events.add(
          new IpamEvent.EniForceRemoved(
              at, text(m.group("eni")), Integer.parseInt(text(m.group("n")))));
    }
  }

  private static Optional<PodRef> pod(Matcher m) {
    return podRef(m.group("ns"), m.group("pod"));
  }

  static Optional<PodRef> podRef(@Nullable String namespace, @Nullable String name) {
    return namespace == null || name == null || namespace.isBlank() || name.isBlank()
        ? Optional.empty()
        : Optional.of(new PodRef(namespace, name));
  }

  static String text(@Nullable String group) {
    return group == null ? "" : group;
  }

  static OptionalInt number(@Nullable String digits) {
    return digits == null || !NUMBER.matcher(digits).matches()
        ? OptionalInt.empty()
        : OptionalInt.of(Integer.parseInt(digits));
  }
}
