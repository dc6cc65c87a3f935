package io.podhop.agent.ipam;

import static io.podhop.agent.ipam.MessageParser.number;
import static io.podhop.agent.ipam.MessageParser.podRef;
import static io.podhop.agent.ipam.MessageParser.text;

import io.podhop.model.IpAddress;
import io.podhop.model.PodRef;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** ADD and DEL requests and their answers, as ipamd and the plugin log them. */
final class RequestMessages {
  private static final int MAIN_TABLE = 254;
  private static final int FIRST_BRANCH_TABLE = 100;
  private static final Pattern ADD_RECEIVED =
      Pattern.compile(
          "Received AddNetwork for NS (?<netns>[^,\\s]*), (?:Pod (?<pod>[^,\\s]+), NameSpace"
              + " (?<ns>[^,\\s]+), )?(?:Container|Sandbox) (?<cid>[^,\\s]+)(?:, ifname"
              + " (?<ifn>\\S+))?");
  private static final Pattern RECOVERED =
      Pattern.compile(
          "Recovered AddNetwork for Pod (?<pod>[^,\\s]+), Namespace (?<ns>[^,\\s]+),"
              + " (?:Container|Sandbox) (?<cid>[^,\\s]+)");
  private static final Pattern DEL_RECEIVED =
      Pattern.compile(
          "Received DelNetwork for (?:IP \\S*, Pod (?<pod>[^,\\s]+), Namespace (?<ns>[^,\\s]+), )?"
              + "(?:Container|Sandbox) (?<cid>[^,\\s]+)");
  private static final Pattern CNI_REQUEST =
      Pattern.compile(
          "Received CNI (?<op>add|del) request: ContainerID\\((?<cid>[^)]*)\\)"
              + "(?: Netns\\((?<netns>[^)]*)\\))?(?: IfName\\((?<ifn>[^)]*)\\))?"
              + "(?: Args\\((?<args>[^)]*))?");
  private static final Pattern ARG_POD = Pattern.compile("K8S_POD_NAME=([^;)]+)");
  private static final Pattern ARG_NAMESPACE = Pattern.compile("K8S_POD_NAMESPACE=([^;)]+)");
  private static final Pattern REPLY_OLD =
      Pattern.compile(
          "Send AddNetworkReply: IPv4Addr:? ?(?<ip>[0-9.]*)(?:, IPv6Addr: (?<ip6>[^,]*))?"
              + ", DeviceNumber: (?<dev>-?\\d+)(?:, err: (?<err>[\\s\\S]*))?");
  private static final Pattern REPLY_NEW =
      Pattern.compile(
          "Send AddNetworkReply: Success: (?<ok>true|false) IPAddr: (?<rest>.*?)"
              + "(?:, err: (?<err>[\\s\\S]*))?$");
  private static final Pattern REPLY_FAILED =
      Pattern.compile("Send AddNetworkReply: (?<err>[\\s\\S]*)");
  private static final Pattern RESPONSE =
      Pattern.compile(
          "Received add network response (?:from ipamd )?(?:for container (?<cid>\\S+) interface"
              + " (?<ifn>[^:\\s]+): )?(?<resp>[\\s\\S]*)");
  private static final Pattern RESPONSE_OLD =
      Pattern.compile(
          "Received add network response for pod (?<pod>\\S+) namespace (?<ns>\\S+)"
              + " (?:container|sandbox) (?<cid>[^:\\s]+): (?<ip>[0-9.]+), table (?<table>\\d+)");
  private static final Pattern ASSIGNED_CARD =
      Pattern.compile(
          "Assigned IP from network card: \\d+ -> IPv4: (?<ip>[^,]*), IPv6: (?<ip6>[^,]*), device"
              + " number: (?<dev>-?\\d+)");
  private static final Pattern SETUP =
      Pattern.compile(
          "Setup(?<kind>PodNetwork|BranchENIPodNetwork|NS): hostVethName=(?<veth>[^,]+),"
              + " ?contVethName=(?<ifn>[^,]+), ?netnsPath=(?<netns>[^,\\s]+)(?<rest>.*)");
  private static final Pattern METADATA = Pattern.compile("IPAllocationMetadata:\\{([^}]*)");
  private static final Pattern NEXT_ADDRESS = Pattern.compile("(?=IPv[46]Addr:)");
  private static final Pattern ADDRESS = Pattern.compile("IPv[46]Addr:\"([^\"]*)\"");
  private static final Pattern DEVICE = Pattern.compile("DeviceNumber:(-?\\d+)");
  private static final Pattern TABLE = Pattern.compile("RouteTableId:(\\d+)");
  private static final Pattern VLAN = Pattern.compile("PodVlanId:(\\d+)");

  private RequestMessages() {}

  static boolean mayApply(String message) {
    return message.contains("Network")
        || message.contains("Received CNI ")
        || message.contains("add network response")
        || message.contains("SetupNS:")
        || message.contains("Assigned IP from network card");
  }

  static void parse(Instant at, String message, List<IpamEvent> events) {
    if (message.contains("NetworkRequest: ")) {
      request(at, message, events);
    } else if (message.contains("AddNetworkReply")) {
      reply(at, message, events);
    } else if (message.contains("add network response")) {
      response(at, message, events);
    } else {
      received(at, message, events);
    }
  }

  private static void request(Instant at, String message, List<IpamEvent> events) {
    Optional<PodRef> pod =
        podRef(quoted(message, "K8S_POD_NAMESPACE"), quoted(message, "K8S_POD_NAME"));
    String container = quoted(message, "ContainerID");
    if (container.isEmpty()) {
      container = quoted(message, "K8S_POD_INFRA_CONTAINER_ID");
    }
    if (container.isEmpty()) {
      return;
    }
    if (message.contains("DelNetworkRequest")) {
      events.add(new IpamEvent.DelRequested(at, container, pod));
    } else {
      events.add(
          new IpamEvent.SandboxNamed(
              at, container, pod, quoted(message, "IfName"), quoted(message, "Netns")));
    }
  }

  private static void received(Instant at, String message, List<IpamEvent> events) {
    Matcher m = ADD_RECEIVED.matcher(message);
    if (m.find()) {
      events.add(
          new IpamEvent.SandboxNamed(
              at,
              text(m.group("cid")),
              podRef(m.group("ns"), m.group("pod")),
              text(m.group("ifn")),
              text(m.group("netns"))));
    } else if (m.usePattern(RECOVERED).reset().find()) {
      Optional<PodRef> pod = podRef(m.group("ns"), m.group("pod"));
      events.add(new IpamEvent.SandboxNamed(at, text(m.group("cid")), pod, "", ""));
    } else if (m.usePattern(DEL_RECEIVED).reset().find()) {
      Optional<PodRef> pod = podRef(m.group("ns"), m.group("pod"));
      events.add(new IpamEvent.DelRequested(at, text(m.group("cid")), pod));
    } else if (m.usePattern(CNI_REQUEST).reset().find()) {
      cniRequest(at, m, events);
    } else if (m.usePattern(SETUP).reset().find()) {
      setUp(at, m, events);
    } else if (m.usePattern(ASSIGNED_CARD).reset().find()) {
      OptionalInt device = number(m.group("dev"));
      addReplies(at, "", List.of(text(m.group("ip")), text(m.group("ip6"))), device, events);
    }
  }

  private static void cniRequest(Instant at, Matcher m, List<IpamEvent> events) {
    String args = text(m.group("args"));
    Optional<PodRef> pod = podRef(first(ARG_NAMESPACE, args), first(ARG_POD, args));
    if (text(m.group("op")).equals("del")) {
      events.add(new IpamEvent.DelRequested(at, text(m.group("cid")), pod));
    } else {
      events.add(
          new IpamEvent.SandboxNamed(
              at, text(m.group("cid")), pod, text(m.group("ifn")), text(m.group("netns"))));
    }
  }

  private static void setUp(Instant at, Matcher m, List<IpamEvent> events) {
    String rest = text(m.group("rest"));
    Optional<IpAddress> address =
        address(keyed(rest, "ipAddr"))
            .or(() -> address(keyed(rest, "v4Addr")))
            .or(() -> address(keyed(rest, "v6Addr")));
    OptionalInt device = number(keyed(rest, "deviceNumber"));
    OptionalInt table = number(keyed(rest, "routeTableNumber"));
    if (table.isEmpty()) {
      table = number(keyed(rest, "table"));
    }
    OptionalInt vlan = number(keyed(rest, "vlanID"));
    if (vlan.isPresent()) {
      device = OptionalInt.of(-1);
      table = OptionalInt.of(FIRST_BRANCH_TABLE + vlan.getAsInt());
    }
    events.add(
        new IpamEvent.SetupPodNetwork(
            at,
            text(m.group("veth")),
            text(m.group("ifn")),
            text(m.group("netns")),
            address,
            device,
            table.isPresent() ? table : tableOf(device)));
    if (vlan.isPresent() && address.isPresent()) {
      events.add(
          new IpamEvent.BranchSetUp(
              at,
              address.get(),
              vlan.getAsInt(),
              keyed(rest, "eniMAC"),
              keyed(rest, "subnetGW"),
              keyed(rest, "podSGEnforcingMode")));
    }
  }

  private static void reply(Instant at, String message, List<IpamEvent> events) {
    Matcher m = REPLY_OLD.matcher(message);
    if (m.find()) {
      List<String> addresses = List.of(text(m.group("ip")), text(m.group("ip6")));
      addReplies(at, "", addresses, number(m.group("dev")), events);
    } else if (m.usePattern(REPLY_NEW).reset().find()) {
      if (text(m.group("ok")).equals("true")) {
        metadata(at, "", text(m.group("rest")), events);
      }
    } else {
      m.usePattern(REPLY_FAILED).reset().find();
    }
    if (events.isEmpty()) {
      String reason = m.hasMatch() ? text(m.group("err")) : message;
      events.add(new IpamEvent.NoAddress(at, Optional.empty(), "", reason.strip()));
    }
  }

  private static void response(Instant at, String message, List<IpamEvent> events) {
    Matcher m = RESPONSE_OLD.matcher(message);
    if (m.find()) {
      String container = text(m.group("cid"));
      Optional<PodRef> pod = podRef(m.group("ns"), m.group("pod"));
      events.add(new IpamEvent.SandboxNamed(at, container, pod, "", ""));
      OptionalInt table = number(m.group("table"));
      address(text(m.group("ip")))
          .ifPresent(
              ip ->
                  events.add(
                      new IpamEvent.AddReply(at, ip, container, OptionalInt.empty(), table)));
    } else if (m.usePattern(RESPONSE).reset().find()) {
      metadata(at, text(m.group("cid")), text(m.group("resp")), events);
    }
  }

  /** Protobuf text omits zero fields: no DeviceNumber means device 0, the primary ENI. */
  private static void metadata(Instant at, String container, String text, List<IpamEvent> events) {
    OptionalInt vlan = number(first(VLAN, text));
    Matcher m = METADATA.matcher(text);
    String[] parts =
        text.contains("IPAllocationMetadata:{")
            ? m.results().map(r -> text(r.group(1))).toArray(String[]::new)
            : NEXT_ADDRESS.split(text);
    for (String part : parts) {
      OptionalInt device = number(first(DEVICE, part).isEmpty() ? "0" : first(DEVICE, part));
      OptionalInt table = number(first(TABLE, part));
      if (table.isEmpty()) {
        table = branchTable(device, vlan);
      }
      for (String address : ADDRESS.matcher(part).results().map(r -> text(r.group(1))).toList()) {
        OptionalInt found = table;
        address(address)
            .ifPresent(
                ip -> {
                  events.add(new IpamEvent.AddReply(at, ip, container, device, found));
                  branch(at, ip, vlan, text, events);
                });
      }
    }
  }

  private static void branch(
      Instant at, IpAddress address, OptionalInt vlan, String text, List<IpamEvent> events) {
    String mac = quoted(text, "PodENIMAC");
    if (vlan.isPresent() && !mac.isEmpty()) {
      String gateway = quoted(text, "PodENISubnetGW");
      events.add(new IpamEvent.BranchSetUp(at, address, vlan.getAsInt(), mac, gateway, ""));
    }
  }

  private static OptionalInt branchTable(OptionalInt device, OptionalInt vlan) {
    boolean branch = device.isPresent() && device.getAsInt() < 0;
    return branch && vlan.isPresent()
        ? OptionalInt.of(FIRST_BRANCH_TABLE + vlan.getAsInt())
        : tableOf(device);
  }

  private static void addReplies(
      Instant at,
      String container,
      List<String> addresses,
      OptionalInt device,
      List<IpamEvent> events) {
    for (String text : addresses) {
      address(text)
          .ifPresent(
              ip -> events.add(new IpamEvent.AddReply(at, ip, container, device, tableOf(device))));
    }
  }

  private static OptionalInt tableOf(OptionalInt device) {
    if (device.isEmpty() || device.getAsInt() < 0) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(device.getAsInt() == 0 ? MAIN_TABLE : device.getAsInt() + 1);
  }

  private static Optional<IpAddress> address(String text) {
    int slash = text.indexOf('/');
    return IpAddress.tryParse((slash < 0 ? text : text.substring(0, slash)).strip());
  }

  private static String quoted(String message, String key) {
    int at = message.indexOf(key + ":\"");
    if (at < 0) {
      return "";
    }
    int from = at + key.length() + 2;
    int end = message.indexOf('"', from);
    return end < 0 ? "" : message.substring(from, end);
  }

  private static String keyed(String text, String key) {
    int at = text.indexOf(key + "=");
    if (at < 0) {
      return "";
    }
    int from = at + key.length() + 1;
    int end = from;
    while (end < text.length() && text.charAt(end) != ',' && text.charAt(end) != ' ') {
      end++;
    }
    return text.substring(from, end);
  }

  private static String first(Pattern pattern, String text) {
    Matcher m = pattern.matcher(text);
    return m.find() ? text(m.group(1)) : "";
  }
}
