package io.podhop.agent.bundle;

import io.podhop.agent.correlate.NodePart;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a node's state is read from, in the order in which missing inputs are told. The first name
 * of each is that of the EKS log collector (versions 0.4 to 0.7), the others are those of the VPC
 * CNI's own support script and of people who add what the collector leaves out.
 */
enum BundleInput {
  POD_NAMESPACES(
      "the log collector does not enter pods: their own routes, interfaces and static ARP entries"
          + " are not known"),
  RULES(
      "which routing table a packet uses cannot be predicted",
      "networking/iprule.txt",
      "iprule.output"),
  ROUTES(
      "where packets go cannot be predicted, and ENIs and pods' veths are not known",
      "networking/iproute.txt",
      "route.output"),
  RULES6("IPv6 routing cannot be predicted", "networking/ip6rule.txt"),
  ROUTES6("IPv6 routing cannot be predicted", "networking/ip6route.txt"),
  LINKS(
      "MTU, MAC and index of interfaces and whether they have carrier are known from ifconfig at"
          + " best",
      "networking/ipaddr.txt",
      "networking/ip-addr.txt",
      "networking/ip_addr.txt",
      "networking/ipaddress.txt"),
  IFCONFIG(
      "MTU and MAC of interfaces are known from 'ip addr' at best",
      "networking/ifconfig.txt",
      "ifconig.output",
      "ifconfig.output"),
  NEIGHBOURS(
      "neighbours (ARP) are not known: neither failed nor stale entries can be told",
      "networking/ipneigh.txt",
      "networking/ip-neigh.txt",
      "networking/ip_neigh.txt",
      "networking/arp.txt"),
  IPTABLES(
      "NAT and filtering cannot be predicted, and services and VPC ranges are not known",
      "networking/iptables-save.txt",
      "networking/iptables_save.txt",
      "iptables-save.out",
      "networking/iptables.txt"),
  IPTABLES_LEGACY(
      "iptables-save shows one backend only: rules that the legacy one may hold too are not known",
      "networking/iptables-legacy-save.txt",
      "networking/iptables-legacy.txt"),
  IPTABLES_NFT(
      "iptables-save shows one backend only: rules that the nft one may hold too are not known",
      "networking/iptables-nft-save.txt",
      "networking/iptables-nft.txt"),
  IP6TABLES(
      "IPv6 filtering and NAT cannot be predicted",
      "networking/ip6tables-save.txt",
      "networking/ip6tables.txt"),
  IP6TABLES_LEGACY("", "networking/ip6tables-legacy-save.txt"),
  IP6TABLES_NFT("", "networking/ip6tables-nft-save.txt"),
  IPSETS("what rules with --match-set match is not known", "networking/ipset.txt"),
  NFT_RULESET(
      "nftables tables, also the connection marks of VPC CNI 1.23 and later (table ip"
          + " aws-cni) and kube-proxy's in nftables mode, are not known",
      "networking/nft-ruleset.txt",
      "networking/nft_ruleset.txt",
      "networking/nftables.txt",
      "networking/nft.txt"),
  IPAM_STATE(
      "who holds an address at the end is the logs' word",
      "ipamd/ipam.json",
      "var/run/aws-node/ipam.json",
      "var_run/aws-node/ipam.json",
      "run/aws-node/ipam.json"),
  ENIS(
      "ids and prefixes of ENIs, free addresses and those in cooldown are not known",
      "ipamd/enis.json",
      "eni.output"),
  IPAMD_SETTINGS(
      "the settings that ipamd runs with are not known",
      "ipamd/ipamd-env-settings.json",
      "ipamd-env.output"),
  NETWORK_SETTINGS(
      "the network settings that ipamd runs with are not known",
      "ipamd/networkutils-env-settings.json",
      "networkutils-env.output"),
  IPAMD_LOG(
      "who held an address before is not known",
      "var_log/aws-routed-eni/ipamd.log",
      "var/log/aws-routed-eni/ipamd.log"),
  PLUGIN_LOG(
      "veths, routing tables and branch ENIs of pods that were deleted are not known",
      "var_log/aws-routed-eni/plugin.log",
      "var/log/aws-routed-eni/plugin.log"),
  SYSCTLS(
      "rp_filter, forwarding and table sizes are not known",
      "sysctls/sysctl_all.txt",
      "sysctl_all.txt"),
  UNAME("the node is called by its instance id or the bundle's name", "kernel/uname.txt"),
  INSTANCE_ID("", "system/instance-id.txt");

  private static final Pattern LOG =
      Pattern.compile(
          "(?:ipamd|plugin)(?:-\\d{4}-[0-9T.-]+)?\\.log(?:\\.\\d{4}[0-9-]*)?(?:\\.gz)?");
  private static final Pattern STATE = Pattern.compile("ipam-nic-\\d{1,3}\\.json");
  private static final Set<String> LAST_NAMES =
      Stream.of(values())
          .flatMap(input -> input.paths().stream())
          .map(BundleInput::lastName)
          .collect(Collectors.toUnmodifiableSet());

  private final String unknowable;
  private final String spaced;

  BundleInput(String unknowable, String... paths) {
    this.unknowable = unknowable;
    this.spaced = String.join(" ", paths);
  }

  /** Where it may be, best first, from the bundle's root. */
  List<String> paths() {
    return spaced.isEmpty() ? List.of() : List.of(spaced.split(" "));
  }

  MissingInput missing() {
    return new MissingInput(paths().stream().limit(1).toList(), unknowable, part());
  }

  /** The part of a view that it is, where a snapshot does not say by itself that it is missing. */
  Optional<NodePart> part() {
    return switch (this) {
      case RULES -> Optional.of(NodePart.RULES);
      case RULES6 -> Optional.of(NodePart.RULES6);
      case ROUTES -> Optional.of(NodePart.ROUTES);
      case ROUTES6 -> Optional.of(NodePart.ROUTES6);
      case NEIGHBOURS -> Optional.of(NodePart.NEIGHBOURS);
      case IPTABLES -> Optional.of(NodePart.IPTABLES);
      case IP6TABLES -> Optional.of(NodePart.IP6TABLES);
      case IPTABLES_LEGACY -> Optional.of(NodePart.IPTABLES_LEGACY);
      case IPTABLES_NFT -> Optional.of(NodePart.IPTABLES_NFT);
      case NFT_RULESET -> Optional.of(NodePart.NFTABLES);
      case POD_NAMESPACES,
          LINKS,
          IFCONFIG,
          IP6TABLES_LEGACY,
          IP6TABLES_NFT,
          IPSETS,
          IPAM_STATE,
          ENIS,
          IPAMD_SETTINGS,
          NETWORK_SETTINGS,
          IPAMD_LOG,
          PLUGIN_LOG,
          SYSCTLS,
          UNAME,
          INSTANCE_ID ->
          Optional.empty();
    };
  }

  /** Whether podhop reads files of this name. */
  static boolean isRead(String name) {
    String last = lastName(name);
    return LAST_NAMES.contains(last)
        || LOG.matcher(last).matches()
        || STATE.matcher(last).matches();
  }

  /** Whether it grows at its end, so that the end alone is of use. */
  static boolean isLog(String name) {
    String last = lastName(name).toLowerCase(Locale.ROOT);
    return last.contains(".log") && !last.endsWith(".gz");
  }

  /** Whether it is one of ipamd's or the plugin's logs, current or rotated. */
  static boolean isIpamLog(String name) {
    return LOG.matcher(lastName(name)).matches();
  }

  /** Whether it is ipamd's checkpoint, of any network card. */
  static boolean isIpamState(String name) {
    return lastName(name).equals("ipam.json") || STATE.matcher(lastName(name)).matches();
  }

  static String lastName(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /** What stands before one of the inputs' own directories: where the bundle's root is. */
  static Optional<String> rootOf(String name) {
    return Stream.of(values())
        .flatMap(input -> input.paths().stream())
        .filter(path -> path.indexOf('/') > 0)
        .filter(path -> name.equals(path) || name.endsWith("/" + path))
        .map(path -> name.substring(0, name.length() - path.length()))
        .findFirst();
  }
}
