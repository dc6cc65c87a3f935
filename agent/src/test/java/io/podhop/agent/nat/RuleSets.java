package io.podhop.agent.nat;

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
}
