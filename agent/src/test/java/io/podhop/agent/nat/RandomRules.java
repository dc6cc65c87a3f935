package io.podhop.agent.nat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Rule sets by chance, for {@link KernelNode}'s addresses; every one is accepted by the kernel. */
final class RandomRules {
  private static final List<String> PROTOCOLS = List.of("udp", "tcp");

  /** Chains of one table: what may be called from where decides which targets they may hold. */
  private static final Map<String, List<String>> CHAINS =
      Map.of(
          "raw", List.of("PREROUTING", "OUTPUT", "R0", "R1"),
          "mangle",
              List.of("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING", "M0", "M1", "M2"),
          "nat", List.of("PREROUTING", "OUTPUT", "POSTROUTING", "D0", "D1", "S0", "S1"),
          "filter", List.of("INPUT", "FORWARD", "OUTPUT", "F0", "F1", "F2"));

  private final Random random;
  private final KernelNode.Plan plan;

  RandomRules(Random random, KernelNode.Plan plan) {
    this.random = random;
    this.plan = plan;
  }

  /** What iptables-restore reads. */
  String text() {
    StringBuilder text = new StringBuilder();
    for (String table : List.of("raw", "mangle", "nat", "filter")) {
      text.append('*').append(table).append('\n');
      List<String> chains = CHAINS.get(table);
      for (String chain : chains) {
        boolean drop = table.equals("filter") && chain.equals("FORWARD") && random.nextInt(8) == 0;
        text.append(':').append(chain).append(own(chain) ? " -" : drop ? " DROP" : " ACCEPT");
        text.append(" [0:0]\n");
      }
      chains.forEach(chain -> fixed(table, chain).forEach(text::append));
      for (String chain : chains) {
        int rules = random.nextInt(own(chain) ? 5 : 8);
        for (int i = 0; i < rules; i++) {
          text.append("-A ").append(chain).append(rule(table, chain)).append('\n');
        }
      }
      if (table.equals("mangle")) {
        recording().forEach(text::append);
      }
      text.append("COMMIT\n");
    }
    return text.toString();
  }

  private static boolean own(String chain) {
    return chain.length() == 2;
  }

  /** Errors that the kernel sends of itself would be counted, too. */
  private List<String> fixed(String table, String chain) {
    if (!table.equals("raw") || own(chain)) {
      return List.of();
    }
    String comment = " -m comment --comment fixed -j DROP\n";
    return List.of(
        "-A " + chain + " -p " + (plan.ipv4() ? "icmp" : "ipv6-icmp") + comment,
        "-A " + chain + " -p tcp -m tcp --tcp-flags RST RST" + comment);
  }

  /** The packet's mark is kept in the connection's, where conntrack shows it. */
  private static List<String> recording() {
    List<String> rules = new ArrayList<>();
    for (int bit = 0; bit < 4; bit++) {
      rules.add(
          String.format(
              "-A POSTROUTING -m mark --mark 0x%x/0x%x -j CONNMARK --set-xmark 0x%x/0x%x%n",
              1 << bit, 1 << bit, 1 << 16 + bit, 1 << 16 + bit));
    }
    return rules;
  }

  private String rule(String table, String chain) {
    Map<String, String> matches = new LinkedHashMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      int kind = random.nextInt(16);
      matches.putIfAbsent(Integer.toString(Math.min(kind, 14)), match(kind, chain));
    }
    String target = target(table, chain);
    boolean ports =
        !matches.getOrDefault("4", "").isEmpty() || target.matches(".*destination .*[0-9]000");
    String protocol = "";
    if (ports || random.nextInt(4) == 0) {
      protocol = " -p " + (!matches.getOrDefault("14", "").isEmpty() ? "tcp" : pick(PROTOCOLS));
    } else if (!matches.getOrDefault("14", "").isEmpty()) {
      protocol = " -p tcp";
    }
    return protocol + String.join("", matches.values()) + target;
  }

  private String match(int kind, String chain) {
    String not = random.nextInt(4) == 0 ? " !" : "";
    return switch (kind) {
      case 0 -> not + " -s " + range();
      case 1 -> not + " -d " + range();
      case 2 -> into(chain) ? not + " -i " + pick(List.of("eni1", "eni+", "eth0")) : "";
      case 3 -> outOf(chain) ? not + " -o " + pick(List.of("eni1", "eth+", "eth0")) : "";
      case 4 ->
          " -m multiport" + not + pick(List.of(" --dports ", " --sports ", " --ports ")) + ports();
      case 5 -> " -m mark" + not + " --mark " + mark();
      case 6 -> " -m connmark" + not + " --mark " + mark();
      case 7 -> " -m conntrack" + not + " --ctstate " + states();
      case 8 -> addressType(chain, not);
      case 9 -> " -m iprange" + not + " --dst-range " + plan.world(4) + "-" + plan.world(5);
      case 10 -> hops(not);
      case 11 ->
          " -m length"
              + not
              + " --length "
              + (30 + random.nextInt(20))
              + ":"
              + (50 + random.nextInt(20));
      case 12 ->
          " -m conntrack --ctdir "
              + pick(List.of("ORIGINAL", "REPLY"))
              + " --ctstate NEW,ESTABLISHED,RELATED";
      case 13 -> mac(chain, not);
      default -> " -m tcp" + not + " --tcp-flags FIN,SYN,RST,ACK " + pick(List.of("SYN", "ACK"));
    };
  }

  private static boolean into(String chain) {
    return !chain.equals("OUTPUT") && !chain.equals("POSTROUTING");
  }

  private static boolean outOf(String chain) {
    return !chain.equals("PREROUTING") && !chain.equals("INPUT");
  }

  private String range() {
    String address = pick(plan.all());
    int whole = plan.ipv4() ? 32 : 128;
    return address + "/" + (whole - (random.nextBoolean() ? 0 : random.nextInt(whole / 3)));
  }

  private String ports() {
    String first = String.valueOf(1000 * (1 + random.nextInt(4)));
    return random.nextBoolean() ? first : first + "," + (1500 + random.nextInt(1000)) + ":9999";
  }

  private String mark() {
    int mask = 1 + random.nextInt(15);
    return "0x"
        + Integer.toHexString(random.nextInt(16) & mask)
        + "/0x"
        + Integer.toHexString(mask);
  }

  private String states() {
    return pick(
        List.of(
            "NEW",
            "ESTABLISHED",
            "RELATED,ESTABLISHED",
            "INVALID",
            "INVALID,NEW",
            "DNAT",
            "SNAT",
            "NEW,DNAT",
            "UNTRACKED"));
  }

  private String addressType(String chain, String not) {
    String side = pick(List.of(" --src-type ", " --dst-type "));
    String types =
        plan.ipv4() ? pick(List.of("LOCAL", "UNICAST", "LOCAL,UNICAST", "BROADCAST")) : "LOCAL";
    boolean in = List.of("PREROUTING", "INPUT", "FORWARD").contains(chain);
    String limit = in && plan.ipv4() && random.nextInt(3) == 0 ? " --limit-iface-in" : "";
    return " -m addrtype" + not + side + types + limit;
  }

  private String hops(String not) {
    String form = pick(List.of("eq", "lt", "gt"));
    String module = plan.ipv4() ? " -m ttl" : " -m hl";
    String option = plan.ipv4() ? " --ttl-" : " --hl-";
    // Only equality can be negated.
    return module + (form.equals("eq") ? not : "") + option + form + " " + (63 + random.nextInt(2));
  }

  private String mac(String chain, String not) {
    return List.of("PREROUTING", "INPUT", "FORWARD").contains(chain)
        ? " -m mac"
            + not
            + " --mac-source "
            + pick(List.of(KernelNode.POD_MAC, KernelNode.WORLD_MAC))
        : "";
  }

  private String target(String table, String chain) {
    String call = call(table, chain);
    int kind = random.nextInt(10);
    if (!call.isEmpty() && kind < 3) {
      return (kind == 0 ? " -g " : " -j ") + call;
    }
    if (kind == 3) {
      return pick(List.of(" -j RETURN", " -j ACCEPT", ""));
    }
    if (kind < 7 && !table.equals("nat")) {
      return marking(table);
    }
    return switch (table) {
      case "raw" -> pick(List.of(" -j NOTRACK", " -j CT --notrack", "", " -j RETURN"));
      case "mangle" -> random.nextInt(4) == 0 ? " -j DROP" : marking(table);
      case "nat" ->
          chain.startsWith("S") || chain.equals("POSTROUTING") ? source() : destination(chain);
      default -> pick(List.of(" -j DROP", " -j REJECT", " -j ACCEPT", ""));
    };
  }

  /** A later chain of the table, so that rules do not run in circles. */
  private String call(String table, String chain) {
    List<String> later = new ArrayList<>();
    for (String other : CHAINS.get(table)) {
      boolean fits =
          !table.equals("nat")
              || (other.startsWith("S") == (chain.startsWith("S") || chain.equals("POSTROUTING")));
      if (own(other) && fits && (!own(chain) || other.compareTo(chain) > 0)) {
        later.add(other);
      }
    }
    return later.isEmpty() ? "" : pick(later);
  }

  private String marking(String table) {
    if (!table.equals("mangle")) {
      return " -j CONNMARK --restore-mark --nfmask 0x"
          + Integer.toHexString(random.nextInt(16))
          + " --ctmask 0xf";
    }
    return switch (random.nextInt(6)) {
      case 0 -> " -j CONNMARK --set-xmark " + mark();
      case 1 ->
          " -j CONNMARK --save-mark --nfmask 0xf --ctmask 0x"
              + Integer.toHexString(random.nextInt(16));
      case 2 ->
          " -j CONNMARK --restore-mark --nfmask 0xf --ctmask 0x"
              + Integer.toHexString(random.nextInt(16));
      default -> " -j MARK --set-xmark " + mark();
    };
  }

  private String source() {
    return random.nextInt(3) == 0
        ? " -j MASQUERADE"
        : " -j SNAT --to-source " + plan.node(random.nextInt(2));
  }

  private String destination(String chain) {
    boolean prerouting = chain.equals("PREROUTING");
    return switch (random.nextInt(prerouting ? 5 : 3)) {
      case 0 -> " -j DNAT --to-destination " + pick(plan.targets());
      case 1, 2 -> {
        String to = pick(plan.targets());
        String bracketed = plan.ipv4() ? to : "[" + to + "]";
        yield " -j DNAT --to-destination " + bracketed + ":" + 1000 * (1 + random.nextInt(4));
      }
      case 3 -> " -j REDIRECT";
      default -> " -j NETMAP --to " + plan.world(4) + (plan.ipv4() ? "/30" : "/126");
    };
  }

  private <T> T pick(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }
}
