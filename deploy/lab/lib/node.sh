# One node: sysctls, ENIs, policy routing, iptables. Runs in all of the node's namespaces.
# shellcheck shell=bash

setup_node() {
  local node=$1 pod_node pod eni ip
  node_sysctls
  node_links "$node"
  node_iptables "$node"
  log_startup "$node"
  write_ipam_state "$node"
  "$PODD" introspect "$LAB" "$node" "$DIR/$node/introspection"
  for pod in "${PODS[@]}"; do
    read -r pod_node pod eni ip <<< "$pod"
    [ "$pod_node" != "$node" ] || cni_add "$node" "$pod" "$eni" "$ip"
  done
}

# As on Amazon Linux 2023 with aws-vpc-cni-init done; conntrack tells totals and times.
node_sysctls() {
  local conf=/proc/sys/net/ipv4 flag
  echo 1 > $conf/ip_forward
  echo 0 > $conf/conf/all/rp_filter
  for flag in default eth0 eth1; do echo 2 > "$conf/conf/$flag/rp_filter"; done
  echo 1 > $conf/tcp_early_demux
  for flag in acct timestamp events; do
    echo 1 2> /dev/null > "/proc/sys/net/netfilter/nf_conntrack_$flag" || true
  done
}

node_links() {
  local node=$1 gateway=${GATEWAY[$1]} subnet=${SUBNET[$1]}
  local first=${PRIMARY[$1/eth0]} second=${PRIMARY[$1/eth1]}
  "$PODD" offload-off eth0 eth1
  ip -batch - <<IP
link set eth0 up
address add $first/${subnet#*/} brd + dev eth0 metric 512
route add $gateway dev eth0 proto dhcp scope link src $first metric 512
route add default via $gateway dev eth0 proto dhcp src $first metric 512
link set eth1 up
address add $second/${subnet#*/} brd + dev eth1
route del $subnet dev eth1
route add $gateway dev eth1 scope link table 2
route add default via $gateway dev eth1 table 2
rule add from $second lookup 2 priority 32765
rule add fwmark 0x80/0x80 lookup main priority 1024
IP
}

node_iptables() {
  {
    nat_table "${PRIMARY[$1/eth0]}"
    mangle_table
    filter_table
  } | "iptables-$BACKEND-restore"
  [ "$CONNMARK" != nft ] || nft_connmark | nft -f -
}

nat_table() {
  local kube
  printf '%s\n' '*nat' ':AWS-SNAT-CHAIN-0 - [0:0]'
  [ "$CONNMARK" = nft ] || printf '%s\n' ':AWS-CONNMARK-CHAIN-0 - [0:0]'
  kube=$(< "$DIR/kube-proxy.rules")
  printf '%s\n' "$kube"
  # kube-proxy's jump stands before these: what is marked is the endpoint's address, not the service's.
  [ "$CONNMARK" = nft ] || cat <<RULES
-A PREROUTING -i eni+ -m comment --comment "AWS, outbound connections" -j AWS-CONNMARK-CHAIN-0
-A PREROUTING -m comment --comment "AWS, CONNMARK" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80
-A AWS-CONNMARK-CHAIN-0 -d $VPC_CIDR -m comment --comment "AWS CONNMARK CHAIN, VPC CIDR" -j RETURN
-A AWS-CONNMARK-CHAIN-0 -m comment --comment "AWS, CONNMARK" -j CONNMARK --set-xmark 0x80/0x80
RULES
  cat <<RULES
-A POSTROUTING -m comment --comment "AWS SNAT CHAIN" -j AWS-SNAT-CHAIN-0
-A AWS-SNAT-CHAIN-0 -d $VPC_CIDR -m comment --comment "AWS SNAT CHAIN" -j RETURN
-A AWS-SNAT-CHAIN-0 ! -o vlan+ -m comment --comment "AWS, SNAT" -m addrtype ! --dst-type LOCAL -j SNAT --to-source $1 --random-fully
COMMIT
RULES
}

mangle_table() {
  cat <<'RULES'
*mangle
:KUBE-KUBELET-CANARY - [0:0]
:KUBE-PROXY-CANARY - [0:0]
-A PREROUTING -i eth0 -m comment --comment "AWS, primary ENI" -m addrtype --dst-type LOCAL --limit-iface-in -j CONNMARK --set-xmark 0x80/0x80
-A PREROUTING -i eni+ -m comment --comment "AWS, primary ENI" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80
-A PREROUTING -i vlan+ -m comment --comment "AWS, primary ENI" -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80
COMMIT
RULES
}

filter_table() {
  cat <<'RULES'
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-EXTERNAL-SERVICES - [0:0]
:KUBE-FIREWALL - [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-KUBELET-CANARY - [0:0]
:KUBE-PROXY-FIREWALL - [0:0]
:KUBE-SERVICES - [0:0]
-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
-A INPUT -j KUBE-FIREWALL
-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES
-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
-A OUTPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -j KUBE-FIREWALL
-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
RULES
}

# What CNI 1.23 writes instead of its connmark chain where iptables is nf_tables.
nft_connmark() {
  cat <<NFT
table ip aws-cni {
  chain snat-mark {
    counter ip daddr $VPC_CIDR return
    counter ct mark set ct mark | 0x00000080
  }
  chain nat-prerouting {
    type nat hook prerouting priority dstnat + 10; policy accept;
    fib daddr type local return
    iifname "eni*" counter jump snat-mark
    counter meta mark set ct mark & 0x00000080
  }
}
NFT
}
