package io.podhop.agent.nat;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A made-up node of every layout that the VPC CNI has had: VPC 10.1.0.0/16, primary address
 * 10.1.0.10 on eth0, service shop/db:pg at 172.20.0.7:5432 with NodePort 30007 and two endpoints.
 */
final class RuleSets {
  private static final String KUBE =
      """
      -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
      -A KUBE-NODEPORTS -p tcp -m comment --comment "shop/db:pg" -m tcp --dport 30007 -j KUBE-EXT-AAAA
      -A KUBE-EXT-AAAA -m comment --comment "masquerade traffic for shop/db:pg external destinations" -j KUBE-MARK-MASQ
      -A KUBE-EXT-AAAA -j KUBE-SVC-AAAA
      -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
      -A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
      -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
      -A KUBE-SEP-ONE -s 10.1.1.21/32 -m comment --comment "shop/db:pg" -j KUBE-MARK-MASQ
      -A KUBE-SEP-ONE -p tcp -m comment --comment "shop/db:pg" -m tcp -j DNAT --to-destination 10.1.1.21:5432
      -A KUBE-SEP-TWO -s 10.1.2.22/32 -m comment --comment "shop/db:pg" -j KUBE-MARK-MASQ
      -A KUBE-SEP-TWO -p tcp -m comment --comment "shop/db:pg" -m tcp -j DNAT --to-destination 10.1.2.22:5432
      -A KUBE-SERVICES -d 172.20.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp --dport 53 -j KUBE-SVC-DNS
      -A KUBE-SERVICES -d 172.20.0.7/32 -p tcp -m comment --comment "shop/db:pg cluster IP" -m tcp --dport 5432 -j KUBE-SVC-AAAA
      -A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
      -A KUBE-SVC-AAAA -m comment --comment "shop/db:pg -> 10.1.1.21:5432" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-ONE
      -A KUBE-SVC-AAAA -m comment --comment "shop/db:pg -> 10.1.2.22:5432" -j KUBE-SEP-TWO
      """;

  private static final String KUBE_JUMPS =
      """
      *nat
      :PREROUTING ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      :KUBE-SVC-DNS - [0:0]
      -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
      """;

  private static final String MANGLE =
      """
      *mangle
      :PREROUTING ACCEPT [0:0]
      -A PREROUTING -i eth0 -m comment --comment "AWS, primary ENI" -m addrtype --dst-type LOCAL --limit-iface-in -j CONNMARK --set-xmark 0x80/0x80
      -A PREROUTING -i eni+ -m comment --comment "AWS, primary ENI" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80
      -A PREROUTING -i vlan+ -m comment --comment "AWS, primary ENI" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80
      COMMIT
      """;

  private static final String CONNMARK =
      """
      -A PREROUTING -i eni+ -m comment --comment "AWS, outbound connections" -j AWS-CONNMARK-CHAIN-0
      -A PREROUTING -m comment --comment "AWS, CONNMARK" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80
      -A AWS-CONNMARK-CHAIN-0 -d 10.1.0.0/16 -m comment --comment "AWS CONNMARK CHAIN, VPC CIDR" -j RETURN
      -A AWS-CONNMARK-CHAIN-0 -m comment --comment "AWS, CONNMARK" -j CONNMARK --set-xmark 0x80/0x80
      """;

  private static final String SNAT =
      """
      -A POSTROUTING -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-0
      -A AWS-SNAT-CHAIN-0 -d 10.9.0.0/16 -m comment --comment "AWS SNAT CHAIN EXCLUSION" -j RETURN
      -A AWS-SNAT-CHAIN-0 -d 10.1.0.0/16 -m comment --comment "AWS SNAT CHAIN" -j RETURN
      -A AWS-SNAT-CHAIN-0 ! -o vlan+ -m comment --comment "AWS, SNAT" -m addrtype ! --dst-type LOCAL -j SNAT --to-source 10.1.0.10 --random-fully
      """;

  /** 1.16.2 to 1.22, and later on legacy nodes. */
  static final String CURRENT = KUBE_JUMPS + CONNMARK + SNAT + KUBE + "COMMIT\n" + MANGLE;

  /** 1.6 to 1.16.0: one chain per range. */
  static final String CHAINED =
      KUBE_JUMPS
          + """
          -A PREROUTING -i eni+ -m comment --comment "AWS, outbound connections" -m state --state NEW -j AWS-CONNMARK-CHAIN-0
          -A PREROUTING -m comment --comment "AWS, CONNMARK" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80
          -A POSTROUTING -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-0
          -A AWS-CONNMARK-CHAIN-0 ! -d 10.1.0.0/16 -m comment --comment "AWS CONNMARK CHAIN, VPC CIDR" -j AWS-CONNMARK-CHAIN-1
          -A AWS-CONNMARK-CHAIN-1 ! -d 10.2.0.0/16 -m comment --comment "AWS CONNMARK CHAIN, VPC CIDR" -j AWS-CONNMARK-CHAIN-2
          -A AWS-CONNMARK-CHAIN-2 -m comment --comment "AWS, CONNMARK" -j CONNMARK --set-xmark 0x80/0x80
          -A AWS-SNAT-CHAIN-0 ! -d 10.1.0.0/16 -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-1
          -A AWS-SNAT-CHAIN-1 ! -d 10.2.0.0/16 -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-2
          -A AWS-SNAT-CHAIN-2 ! -o vlan+ -m comment --comment "AWS, SNAT" -m addrtype ! --dst-type LOCAL -j SNAT --to-source 10.1.0.10 --random-fully
          """
          + KUBE
          + "COMMIT\n"
          + MANGLE;

  /** 1.3 to 1.5: the comment's typo, the jump twice, marking in mangle only. */
  static final String MISSPELT =
      KUBE_JUMPS
          + """
          -A POSTROUTING -m comment --comment "AWS SNAT CHAN" -j AWS-SNAT-CHAIN-0
          -A POSTROUTING -m comment --comment "AWS SNAT CHAN" -j AWS-SNAT-CHAIN-0
          -A AWS-SNAT-CHAIN-0 ! -d 10.1.0.0/16 -m comment --comment "AWS SNAT CHAN" -j AWS-SNAT-CHAIN-1
          -A AWS-SNAT-CHAIN-1 -m comment --comment "AWS, SNAT" -m addrtype ! --dst-type LOCAL -j SNAT --to-source 10.1.0.10 --random
          """
          + KUBE
          + "COMMIT\n"
          + MANGLE;

  /** 1.6 and 1.7: chained, marking in mangle only. */
  static final String CHAINED_WITHOUT_CONNMARK =
      KUBE_JUMPS
          + """
          -A POSTROUTING -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-0
          -A AWS-SNAT-CHAIN-0 ! -d 10.1.0.0/16 -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-1
          -A AWS-SNAT-CHAIN-1 ! -d 10.9.0.0/16 -m comment --comment "AWS SNAT CHAIN EXCLUSION" -j AWS-SNAT-CHAIN-2
          -A AWS-SNAT-CHAIN-2 ! -o vlan+ -m comment --comment "AWS, SNAT" -m addrtype ! --dst-type LOCAL -j SNAT --to-source 10.1.0.10 --random-fully
          """
          + KUBE
          + "COMMIT\n"
          + MANGLE;

  /**
   * Services of every older and rarer kind: shop/web with affinity, a load balancer of policy Local
   * with source ranges, marks before the jump; shop/none refused, shop/far without local endpoints.
   */
  static final String RARE_SERVICES =
      """
      *nat
      :PREROUTING ACCEPT [0:0]
      -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000
      -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
      -A KUBE-SERVICES ! -s 10.1.0.0/16 -d 172.20.0.30/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
      -A KUBE-SERVICES -d 172.20.0.30/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-WEB
      -A KUBE-SERVICES -d 198.51.100.30/32 -p tcp -m comment --comment "shop/web:http loadbalancer IP" -m tcp --dport 80 -j KUBE-FW-WEB
      -A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
      -A KUBE-NODEPORTS -s 127.0.0.0/8 -p tcp -m comment --comment "shop/web:http" -m tcp --dport 30030 -j KUBE-MARK-MASQ
      -A KUBE-NODEPORTS -p tcp -m comment --comment "shop/web:http" -m tcp --dport 30030 -j KUBE-XLB-WEB
      -A KUBE-FW-WEB -s 203.0.113.0/24 -m comment --comment "shop/web:http loadbalancer IP" -j KUBE-XLB-WEB
      -A KUBE-FW-WEB -m comment --comment "shop/web:http loadbalancer IP" -j KUBE-MARK-DROP
      -A KUBE-XLB-WEB -s 10.1.0.0/16 -m comment --comment "Redirect pods trying to reach external loadbalancer VIP to clusterIP" -j KUBE-SVC-WEB
      -A KUBE-XLB-WEB -m comment --comment "masquerade LOCAL traffic for shop/web:http LB IP" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
      -A KUBE-XLB-WEB -m comment --comment "route LOCAL traffic for shop/web:http LB IP to service chain" -m addrtype --src-type LOCAL -j KUBE-SVC-WEB
      -A KUBE-XLB-WEB -m comment --comment "Balancing rule 0 for shop/web:http" -j KUBE-SEP-WEB1
      -A KUBE-SVC-WEB -m comment --comment "shop/web:http" -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-WEB1 --mask 255.255.255.255 --rsource -j KUBE-SEP-WEB1
      -A KUBE-SVC-WEB -m comment --comment "shop/web:http" -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-WEB2 --mask 255.255.255.255 --rsource -j KUBE-SEP-WEB2
      -A KUBE-SVC-WEB -m comment --comment "shop/web:http" -m statistic --mode random --probability 0.25000000000 -j KUBE-SEP-WEB1
      -A KUBE-SVC-WEB -m comment --comment "shop/web:http" -j KUBE-SEP-WEB2
      -A KUBE-SEP-WEB1 -s 10.1.1.31/32 -m comment --comment "shop/web:http" -j KUBE-MARK-MASQ
      -A KUBE-SEP-WEB1 -p tcp -m comment --comment "shop/web:http" -m recent --set --name KUBE-SEP-WEB1 --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 10.1.1.31:8080
      -A KUBE-SEP-WEB2 -s 10.1.2.32/32 -m comment --comment "shop/web:http" -j KUBE-MARK-MASQ
      -A KUBE-SEP-WEB2 -p tcp -m comment --comment "shop/web:http" -m recent --set --name KUBE-SEP-WEB2 --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 10.1.2.32:8080
      COMMIT
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      -A INPUT -j KUBE-FIREWALL
      -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
      -A FORWARD -m conntrack --ctstate INVALID -m nfacct --nfacct-name ct_state_invalid_dropped_pkts -j DROP
      -A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
      -A KUBE-FIREWALL -m comment --comment "kubernetes firewall for dropping marked packets" -m mark --mark 0x8000/0x8000 -j DROP
      -A KUBE-SERVICES -d 172.20.0.40/32 -p tcp -m comment --comment "shop/none has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable
      -A KUBE-EXTERNAL-SERVICES -p tcp -m comment --comment "shop/far:http has no local endpoints" -m addrtype --dst-type LOCAL -m tcp --dport 30040 -j DROP
      COMMIT
      """;

  /** Up to 1.2: one rule. */
  static final String OLDEST =
      KUBE_JUMPS
          + """
          -A POSTROUTING ! -d 10.1.0.0/16 -m comment --comment "AWS, SNAT" -m addrtype ! --dst-type LOCAL -j SNAT --to-source 10.1.0.10
          """
          + KUBE
          + "COMMIT\n";

  /** EXTERNALSNAT=true. */
  static final String EXTERNAL_SNAT =
      KUBE_JUMPS + ":AWS-SNAT-CHAIN-0 - [0:0]\n" + KUBE + "COMMIT\n" + MANGLE;

  /** The AWS rules stand above kube-proxy's: the known fault of marking before DNAT. */
  static final String CNI_FIRST =
      "*nat\n" + CONNMARK + KUBE_JUMPS.replace("*nat\n", "") + SNAT + KUBE + "COMMIT\n" + MANGLE;

  /** 1.23 and later where iptables is nf_tables: the marking is in {@link #NATIVE}. */
  static final String WITHOUT_CONNMARK = KUBE_JUMPS + SNAT + KUBE + "COMMIT\n" + MANGLE;

  static final String NATIVE =
      """
      table ip aws-cni {
      	chain nat-prerouting {
      		type nat hook prerouting priority dstnat + 10; policy accept;
      		fib daddr type local return
      		iifname "eni*" counter packets 3 bytes 180 jump snat-mark
      		counter packets 9 bytes 540 meta mark set ct mark & 0x00000080
      	}

      	chain snat-mark {
      		counter packets 2 bytes 120 ip daddr 10.1.0.0/16 return
      		counter packets 1 bytes 60 ct mark set ct mark | 0x00000080
      	}
      }
      """;

  private RuleSets() {}

  static NatSnapshot snapshot(String text) {
    return NatSnapshot.of(RuleSetParser.parse(Backend.NFT, text));
  }

  /** iptables-restore wants every chain declared. */
  static String declared(String rules) {
    StringBuilder out = new StringBuilder();
    for (String table : rules.split("(?=\\*)")) {
      List<String> lines = table.lines().toList();
      Set<String> chains = new TreeSet<>();
      for (String line : lines) {
        String[] words = line.split(" ");
        boolean own = words.length > 1 && words[0].equals("-A") && !words[1].matches("[A-Z]+");
        if (own) {
          chains.add(words[1]);
        }
      }
      lines.stream().filter(l -> l.startsWith(":")).forEach(l -> chains.remove(l.split("[: ]")[1]));
      out.append(lines.isEmpty() ? "" : lines.getFirst()).append('\n');
      chains.forEach(chain -> out.append(':').append(chain).append(" - [0:0]\n"));
      lines.stream().skip(1).forEach(line -> out.append(line).append('\n'));
    }
    return out.toString();
  }
}
