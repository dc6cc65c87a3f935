# The VPC: mapping service, source/dest check, security groups, internet gateway. Runs in the lab's first netns.
# shellcheck shell=bash

vpc_sysctls() {
  local conf=/proc/sys/net/ipv4
  echo 1 > $conf/ip_forward
  echo 0 > $conf/conf/all/rp_filter
  echo 0 > $conf/conf/default/rp_filter
  # A VPC sends no redirects; the kernel takes either of both flags as leave.
  echo 0 > $conf/conf/all/send_redirects
  echo 0 > $conf/conf/default/send_redirects
  [ ! -d /proc/sys/net/ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
}

vpc_links() {
  local eni node port gateway
  {
    printf 'address add %s/32 dev lo\n' "$VPC_DNS"
    printf 'link add igw mtu %s type veth peer name eth0 mtu %s netns %s\n' "$INTERNET_MTU" "$INTERNET_MTU" "$INET_PID"
    printf 'address add %s/24 dev igw\nlink set igw up\nroute add default via %s\n' "$INTERNET_GATEWAY" "$INTERNET"
    # Unknown addresses of the VPC go nowhere, and nobody answers ARP for them.
    printf 'route add blackhole %s\n' "$VPC_CIDR"
    for eni in "${ENIS[@]}"; do
      node=${eni%/*} port=${PORT[$eni]} gateway=${GATEWAY[$node]}
      printf 'link add %s mtu %s type veth peer name %s address %s mtu %s netns %s\n' \
        "$port" "$VPC_MTU" "${eni#*/}" "${MAC[$eni]}" "$VPC_MTU" "${NODE_PID[$node]}"
      printf 'link set %s up\n' "$port"
      # The subnet's gateway address on one port only; the others answer ARP for it too (arp_ignore=0).
      [ "${eni#*/}" != eth0 ] || printf 'address add %s/32 dev %s\n' "$gateway" "$port"
      mapping "$eni" "${PRIMARY[$eni]}"
      pool_addresses "$eni"
      mapping "$eni" "${POOL_ADDRESSES[@]}"
    done
  } | ip -batch -
  for eni in "${ENIS[@]}"; do
    port=${PORT[$eni]}
    echo 1 > "/proc/sys/net/ipv4/conf/$port/proxy_arp"
    echo 0 > "/proc/sys/net/ipv4/neigh/$port/proxy_delay" # the default answers up to 0.8 s late
  done
  "$PODD" offload-off "${PORT[@]}"
  inet_links
}

# mapping ENI ADDRESS…: how the VPC reaches addresses of an ENI; instances do not answer ARP for their pods.
mapping() {
  local eni=$1 address
  for address in "${@:2}"; do
    printf 'route replace %s/32 dev %s src %s\n' "$address" "${PORT[$eni]}" "${GATEWAY[${eni%/*}]}"
    printf 'neighbour replace %s lladdr %s dev %s nud permanent\n' "$address" "${MAC[$eni]}" "${PORT[$eni]}"
  done
}

inet_links() {
  printf '%s\n' "address add $INTERNET/24 dev eth0" 'link set eth0 up' "route add default via $INTERNET_GATEWAY" |
    "$PODD" enter "$INET_PID" n ip -batch -
}

vpc_rules() {
  local eni address owned='' out='' in='' public=''
  for eni in "${ENIS[@]}"; do
    pool_addresses "$eni"
    for address in "${PRIMARY[$eni]}" "${POOL_ADDRESSES[@]}"; do owned+="\"${PORT[$eni]}\" . $address, "; done
  done
  for eni in "${NODES[@]}"; do
    out+="${PRIMARY[$eni/eth0]} : ${PUBLIC[$eni]}, " in+="${PUBLIC[$eni]} : ${PRIMARY[$eni/eth0]}, "
    public+="${PRIMARY[$eni/eth0]}, "
  done
  nft -f - <<NFT
table inet vpc {
  set owned { type ifname . ipv4_addr; elements = { ${owned%, } } }
  set denied_pairs { type ipv4_addr . ipv4_addr; }
  set denied_replies { type ipv4_addr . ipv4_addr; }
  set denied_ports { type ifname; }
  map public_of { type ipv4_addr : ipv4_addr; elements = { ${out%, } } }
  map private_of { type ipv4_addr : ipv4_addr; elements = { ${in%, } } }

  chain source_check {
    type filter hook prerouting priority raw; policy accept;
    iifname "v-*" meta nfproto ipv4 iifname . ip saddr != @owned counter drop comment "EC2 source/dest check"
  }
  chain forwarded {
    type filter hook forward priority filter; policy accept;
    jump security_groups
    jump loss
    jump mtu
    oifname "igw" ct direction original ip saddr != { ${public%, } } counter drop comment "no public address"
    iifname "igw" ct direction original ct status & dnat == 0 counter drop comment "no such public address"
  }
  chain security_groups {
    ct direction original ip saddr . ip daddr @denied_pairs counter drop comment "security group"
    ct direction original oifname @denied_ports counter drop comment "security group"
    ct direction reply ip saddr . ip daddr @denied_replies counter drop comment "network ACL"
  }
  chain loss { }
  chain mtu { }
  chain igw_in {
    type nat hook prerouting priority dstnat; policy accept;
    iifname "igw" ip daddr $BALANCER tcp dport 80 dnat ip to $BALANCER_TARGET
    iifname "igw" dnat ip to ip daddr map @private_of
  }
  chain igw_out {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "igw" snat ip to ip saddr map @public_of
  }
}
NFT
  # A VPC does not count as a hop: undo what forwarding takes from the TTL.
  printf '%s\n' '*mangle' ':FORWARD ACCEPT [0:0]' '-A PREROUTING -j TTL --ttl-inc 1' COMMIT | iptables-nft-restore --noflush
}

# assign_to_eni ENI ADDRESS: AssignPrivateIpAddresses of EC2; an address moves when another ENI had it.
assign_to_eni() {
  local eni=$1 address=$2 other
  for other in "${ENIS[@]}"; do
    nft delete element inet vpc owned "{ \"${PORT[$other]}\" . $address }" 2> /dev/null || true
    ip neighbour del "$address" dev "${PORT[$other]}" 2> /dev/null || true
  done
  nft add element inet vpc owned "{ \"${PORT[$eni]}\" . $address }"
  mapping "$eni" "$address" | ip -batch -
  echo "$eni" > "$DIR/assigned/$address"
}
