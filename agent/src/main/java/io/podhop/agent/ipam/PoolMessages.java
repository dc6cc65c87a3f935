package io.podhop.agent.ipam;

import static io.podhop.agent.ipam.MessageParser.number;
import static io.podhop.agent.ipam.MessageParser.text;

import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What ipamd logs of its ENIs, of its pool, of its restarts, and of what it cannot do. */
final class PoolMessages {
  private static final Pattern STATS =
      Pattern.compile(
          "(?:(?:^|[^:] )(?:IP|Prefix|IP Address|IP/Prefix Address|Datastore) [Pp]ool stats: |IP stats(?: for Network Card (?<card>\\d{1,4}))? - )"
              + "total(?: IPs)?(?:\\(/32\\))? ?[:=]? ?(?<total>\\d+),"
              + " (?:used|assigned)(?: IPs)?(?:\\(/32\\))? ?[:=]? ?(?<used>\\d+)"
              + "(?:, (?:cooldown IPs|cooldownIPs|IPs in Cooldown)(?:\\(/32\\))? ?[:=]"
              + " ?(?<cool>\\d+))?"
              + "(?:, total prefixes(?:\\(/28\\))?: (?<prefixes>\\d+))?");
  private static final Pattern STATS_PAIRS =
      Pattern.compile(
          "Total IPs/Prefixes = (?<total>\\d+)/(?<prefixes>\\d+), AssignedIPs/CooldownIPs:"
              + " (?<used>\\d+)/(?<cool>\\d+)");
  private static final Pattern BLOCK =
      Pattern.compile(
          "(?<op>Added|Deleted) ENI\\((?<eni>[^)]+)\\)'s (?:IP/Prefix|IPv6 Prefix|IP) (?<cidr>\\S+)"
              + " (?:to|from) datastore");
  private static final Pattern TYPE =
      Pattern.compile("^(?<eni>eni-.+?) is of type: (?<detail>[\\w-]+)");
  private static final Map<EniEvent.Kind, Pattern> KINDS =
      Map.of(
          EniEvent.Kind.CREATED,
          Pattern.compile("Created a new (?:ENI|eni): (?<eni>\\S+)"),
          EniEvent.Kind.ATTACHED,
          Pattern.compile(
              "Successfully created and attached a new (?:ENI|eni) (?<eni>\\S+) to"
                  + " instance(?: on (?<detail>network card \\d+))?"),
          EniEvent.Kind.SETUP_FAILED,
          Pattern.compile(
              "(?:Error trying to set up ENI|Failed to set ?up (?:ENI|eni)) (?<eni>[^:\\s]+)"
                  + "(?: network)?: (?<detail>.*)"),
          EniEvent.Kind.SET_UP,
          Pattern.compile("^ENI (?<eni>\\S+) set up"),
          EniEvent.Kind.EXCLUDED,
          Pattern.compile("ENI (?<eni>\\S+) marked as excluded"),
          EniEvent.Kind.INCLUDED,
          Pattern.compile("ENI (?<eni>\\S+) marked as available"),
          EniEvent.Kind.FREEING,
          Pattern.compile("(?:Trying to free|Start freeing) (?:ENI|eni):? (?<eni>\\S+)"),
          EniEvent.Kind.DETACHED,
          Pattern.compile(
              "(?:Successfully detached ENI:|Reconcile and delete detached (?:ENI|eni))"
                  + " (?<eni>\\S+)"),
          EniEvent.Kind.FREED,
          Pattern.compile("Successfully freed (?:ENI|eni): (?<eni>\\S+)"));
  private static final Pattern INSTANCE_TYPE =
      Pattern.compile("^Found instance-type: (?<type>[\\w.-]{1,64})\\s*$");
  private static final Pattern RECOVERED =
      Pattern.compile(
          "Recovered [^/\\s]+/(?<cid>[^/\\s]+)/(?<ifn>\\S+) => (?<eni>[^/\\s]+)/(?<ip>\\S+)");
  private static final Pattern STALE =
      Pattern.compile("stale IP allocation for ID\\([^)]*\\): IPv4\\((?<ip>[^)]*)\\)");
  private static final Pattern STALE_6 = Pattern.compile(", IPv6\\((?<ip>[^)]*)\\)");
  private static final Pattern UNKNOWN_ADDRESS =
      Pattern.compile("uses unknown IP(?:v4| Address)? (?<ip>\\S+) - presuming stale/dead");
  private static final Pattern WIRED =
      Pattern.compile(
          "Successfully setup (?:container route|\\w+ rule), containerAddr=(?<ip>[^,/\\s]+)");

  /** What a message must contain to accuse, the more telling first. */
  private static final List<Map.Entry<String, Trouble.Kind>> ACCUSING =
      List.of(
          Map.entry("wrong client version", Trouble.Kind.VERSION_SKEW),
          Map.entry("Failed to connect to backend server", Trouble.Kind.IPAMD_DOWN),
          Map.entry("UnauthorizedOperation", Trouble.Kind.UNAUTHORIZED),
          Map.entry("AccessDenied", Trouble.Kind.UNAUTHORIZED),
          Map.entry("RequestLimitExceeded", Trouble.Kind.THROTTLED),
          Map.entry("Throttling:", Trouble.Kind.THROTTLED),
          Map.entry("ThrottlingException", Trouble.Kind.THROTTLED),
          Map.entry("InsufficientCidrBlocks", Trouble.Kind.FRAGMENTED),
          Map.entry("InsufficientFreeAddressesInSubnet", Trouble.Kind.SUBNET_EMPTY),
          Map.entry("Recently we had InsufficientCidr", Trouble.Kind.SUBNET_BACKOFF),
          Map.entry("subnet doesn't seem to have enough IPs", Trouble.Kind.SUBNET_BACKOFF),
          Map.entry("due to max ENI already attached", Trouble.Kind.INSTANCE_LIMIT),
          Map.entry("max ENI limit", Trouble.Kind.INSTANCE_LIMIT),
          Map.entry("AttachmentLimitExceeded", Trouble.Kind.INSTANCE_LIMIT),
          Map.entry("PrivateIpAddressLimitExceeded", Trouble.Kind.INSTANCE_LIMIT),
          Map.entry("no available device number", Trouble.Kind.INSTANCE_LIMIT),
          Map.entry("failed to get Branch ENI resource", Trouble.Kind.TRUNK),
          Map.entry("No trunk ENI", Trouble.Kind.TRUNK),
          Map.entry("No slot available for a trunk ENI", Trouble.Kind.TRUNK));

  private PoolMessages() {}

  static void parse(Instant at, String message, List<IpamEvent> events) {
    if (message.contains("ool stats: ") || message.contains("IP stats")) {
      stats(at, message, events);
    } else if (message.contains("datastore") && message.contains("ENI(")) {
      block(at, message, events);
    } else if (message.startsWith("Successfully setup ")) {
      Matcher m = WIRED.matcher(message);
      address(m).ifPresent(ip -> events.add(new IpamEvent.Wired(at, ip)));
    } else {
      restart(at, message, events);
    }
    if (events.isEmpty() && (message.contains("ENI") || message.contains("eni"))) {
      eni(at, message, events);
    }
    if (events.isEmpty()) {
      trouble(message).ifPresent(kind -> events.add(new IpamEvent.TroubleSeen(at, kind, message)));
    }
  }

  /** What a message accuses, whatever else it says. */
  static Optional<Trouble.Kind> trouble(String message) {
    for (Map.Entry<String, Trouble.Kind> entry : ACCUSING) {
      if (message.contains(entry.getKey())) {
        return Optional.of(entry.getValue());
      }
    }
    return Optional.empty();
  }

  private static void stats(Instant at, String message, List<IpamEvent> events) {
    Matcher m = STATS.matcher(message);
    if (m.find()) {
      count(at, m, number(m.group("card")).orElse(0), events);
    } else if (m.usePattern(STATS_PAIRS).reset().find()) {
      count(at, m, 0, events);
    }
  }

  private static void count(Instant at, Matcher m, int card, List<IpamEvent> events) {
    OptionalInt total = number(m.group("total"));
    OptionalInt used = number(m.group("used"));
    if (total.isPresent() && used.isPresent()) {
      OptionalInt cooling = number(m.group("cool"));
      OptionalInt prefixes = number(m.group("prefixes"));
      events.add(
          new IpamEvent.PoolCounted(
              at, new PoolStats(at, card, total.getAsInt(), used.getAsInt(), cooling, prefixes)));
    }
  }

  private static void block(Instant at, String message, List<IpamEvent> events) {
    Matcher m = BLOCK.matcher(message);
    if (m.find()) {
      EniEvent.Kind kind =
          text(m.group("op")).equals("Added")
              ? EniEvent.Kind.BLOCK_ADDED
              : EniEvent.Kind.BLOCK_REMOVED;
      String cidr = text(m.group("cidr"));
      Cidr.tryParse(cidr)
          .or(() -> IpAddress.tryParse(cidr).map(ip -> new Cidr(ip, ip.bits())))
          .ifPresent(
              found ->
                  events.add(
                      new IpamEvent.EniChanged(
                          at, kind, text(m.group("eni")), Optional.of(found), "")));
    }
  }

  private static void restart(Instant at, String message, List<IpamEvent> events) {
    Matcher type = INSTANCE_TYPE.matcher(message);
    if (type.find()) {
      events.add(new IpamEvent.InstanceTyped(at, text(type.group("type"))));
    } else if (message.startsWith("Starting L-IPAMD")) {
      events.add(new IpamEvent.Started(at));
    } else if (message.startsWith("Recovered ")) {
      Matcher m = RECOVERED.matcher(message);
      address(m)
          .ifPresent(
              ip ->
                  events.add(
                      new IpamEvent.Recovered(
                          at,
                          ip,
                          text(m.group("cid")),
                          text(m.group("ifn")),
                          text(m.group("eni")))));
    } else if (message.startsWith("Completed ipam state recovery")) {
      events.add(new IpamEvent.RecoveryDone(at));
    } else if (message.contains("backing store doesn't exist")) {
      events.add(new IpamEvent.NothingToRecover(at));
    } else if (message.contains("stale")) {
      for (Pattern pattern : List.of(STALE, STALE_6, UNKNOWN_ADDRESS)) {
        address(pattern.matcher(message))
            .ifPresent(ip -> events.add(new IpamEvent.Dropped(at, ip)));
      }
    }
  }

  private static void eni(Instant at, String message, List<IpamEvent> events) {
    Matcher type = TYPE.matcher(message);
    if (type.find()) {
      changed(at, EniEvent.Kind.TYPED, type, text(type.group("detail")), events);
      return;
    }
    for (Map.Entry<EniEvent.Kind, Pattern> entry : KINDS.entrySet()) {
      Matcher m = entry.getValue().matcher(message);
      if (m.find()) {
        boolean hasDetail = m.namedGroups().containsKey("detail");
        changed(at, entry.getKey(), m, hasDetail ? text(m.group("detail")) : "", events);
        return;
      }
    }
  }

  private static void changed(
      Instant at, EniEvent.Kind kind, Matcher m, String detail, List<IpamEvent> events) {
    events.add(new IpamEvent.EniChanged(at, kind, text(m.group("eni")), Optional.empty(), detail));
  }

  private static Optional<IpAddress> address(Matcher m) {
    return m.find() ? IpAddress.tryParse(text(m.group("ip"))) : Optional.empty();
  }
}
