package io.podhop.agent.predict;

/**
 * A made-up node's rules: shop/db (172.20.0.7, NodePort 30007, policy Local) has an endpoint here
 * and one elsewhere, shop/web (172.20.0.8, NodePort 30080, policy Cluster) one here, shop/far
 * (172.20.0.6) one elsewhere, shop/gone (172.20.0.9) none.
 */
final class Rules {
  static final String KUBE_JUMP =
      "-A PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES\n";

  static final String CONNMARK_JUMP =
      "-A PREROUTING -i eni+ -m comment --comment \"AWS, outbound connections\" -j"
          + " AWS-CONNMARK-CHAIN-0\n";

  static final String RESTORE =
      "-A PREROUTING -m comment --comment \"AWS, CONNMARK\" -j CONNMARK --restore-mark --nfmask 0x80"
          + " --ctmask 0x80\n";

  static final String NAT =
      """
      *nat
      :PREROUTING ACCEPT [0:0]
      :INPUT ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      """
          + KUBE_JUMP
          + CONNMARK_JUMP
          + RESTORE
          + """
          -A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
          -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
          -A POSTROUTING -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-0
          -A AWS-CONNMARK-CHAIN-0 -d 10.40.0.0/16 -m comment --comment "AWS CONNMARK CHAIN, VPC CIDR" -j RETURN
          -A AWS-CONNMARK-CHAIN-0 -m comment --comment "AWS, CONNMARK" -j CONNMARK --set-xmark 0x80/0x80
          -A AWS-SNAT-CHAIN-0 -d 10.40.0.0/16 -m comment --comment "AWS SNAT CHAIN" -j RETURN
          -A AWS-SNAT-CHAIN-0 ! -o vlan+ -m comment --comment "AWS, SNAT" -m addrtype ! --dst-type LOCAL -j SNAT --to-source 10.40.0.10 --random-fully
          -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
          -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
          -A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
          -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
          -A KUBE-SERVICES -d 172.20.0.6/32 -p tcp -m comment --comment "shop/far:tcp cluster IP" -m tcp --dport 80 -j KUBE-SVC-FAR
          -A KUBE-SERVICES -d 172.20.0.7/32 -p tcp -m comment --comment "shop/db:pg cluster IP" -m tcp --dport 5432 -j KUBE-SVC-DB
          -A KUBE-SERVICES -d 172.20.0.8/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-WEB
          -A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
          -A KUBE-NODEPORTS -p tcp -m comment --comment "shop/db:pg" -m tcp --dport 30007 -j KUBE-EXT-DB
          -A KUBE-NODEPORTS -p tcp -m comment --comment "shop/web:http" -m tcp --dport 30080 -j KUBE-EXT-WEB
          -A KUBE-NODEPORTS -p tcp -m comment --comment "shop/far:tcp" -m tcp --dport 30066 -j KUBE-EXT-FAR
          -A KUBE-EXT-DB -j KUBE-SVL-DB
          -A KUBE-EXT-WEB -m comment --comment "masquerade traffic for shop/web:http external destinations" -j KUBE-MARK-MASQ
          -A KUBE-EXT-WEB -j KUBE-SVC-WEB
          -A KUBE-EXT-FAR -m comment --comment "masquerade traffic for shop/far:tcp external destinations" -j KUBE-MARK-MASQ
          -A KUBE-EXT-FAR -j KUBE-SVC-FAR
          -A KUBE-SVC-DB -m comment --comment "shop/db:pg -> 10.40.2.21:5432" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-DB1
          -A KUBE-SVC-DB -m comment --comment "shop/db:pg -> 10.40.33.7:5432" -j KUBE-SEP-DB2
          -A KUBE-SVL-DB -m comment --comment "shop/db:pg -> 10.40.2.21:5432" -j KUBE-SEP-DB1
          -A KUBE-SVC-WEB -m comment --comment "shop/web:http -> 10.40.1.11:8080" -j KUBE-SEP-WEB
          -A KUBE-SVC-FAR -m comment --comment "shop/far:tcp -> 10.40.33.7:8080" -j KUBE-SEP-FAR
          -A KUBE-SEP-DB1 -s 10.40.2.21/32 -m comment --comment "shop/db:pg" -j KUBE-MARK-MASQ
          -A KUBE-SEP-DB1 -p tcp -m comment --comment "shop/db:pg" -m tcp -j DNAT --to-destination 10.40.2.21:5432
          -A KUBE-SEP-DB2 -s 10.40.33.7/32 -m comment --comment "shop/db:pg" -j KUBE-MARK-MASQ
          -A KUBE-SEP-DB2 -p tcp -m comment --comment "shop/db:pg" -m tcp -j DNAT --to-destination 10.40.33.7:5432
          -A KUBE-SEP-WEB -s 10.40.1.11/32 -m comment --comment "shop/web:http" -j KUBE-MARK-MASQ
          -A KUBE-SEP-WEB -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination 10.40.1.11:8080
          -A KUBE-SEP-FAR -s 10.40.33.7/32 -m comment --comment "shop/far:tcp" -j KUBE-MARK-MASQ
          -A KUBE-SEP-FAR -p tcp -m comment --comment "shop/far:tcp" -m tcp -j DNAT --to-destination 10.40.33.7:8080
          COMMIT
          """;

  static final String MANGLE =
      """
      *mangle
      :PREROUTING ACCEPT [0:0]
      -A PREROUTING -i ens5 -m comment --comment "AWS, primary ENI" -m addrtype --dst-type LOCAL --limit-iface-in -j CONNMARK --set-xmark 0x80/0x80
      -A PREROUTING -i eni+ -m comment --comment "AWS, primary ENI" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80
      -A PREROUTING -i vlan+ -m comment --comment "AWS, primary ENI" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80
      COMMIT
      """;

  static final String FILTER =
      """
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A KUBE-SERVICES -d 172.20.0.9/32 -p tcp -m comment --comment "shop/gone:http has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable
      COMMIT
      """;

  private Rules() {}
}
